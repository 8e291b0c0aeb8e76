using System.Security.Cryptography;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Broker.Joining;

/// <summary>
/// The join codes that this process has given out, one for each agency, by the hash of their secrets. They live in memory alone: what a restart forgets no
/// backup brings back, and no code outlives an hour (decision 37).
/// </summary>
internal sealed class JoinCodes(TimeProvider time)
{
    public static readonly TimeSpan Shortest = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(60);

    private const int Most = 10_000;

    /// <summary>Wrong secrets for one code before it is withdrawn.</summary>
    private const int MostWrong = 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<AgencyId, Given> _codes = [];

    /// <summary>A new secret for an agency, in the place of an earlier one.</summary>
    /// <exception cref="InvalidOperationException">Too many are out.</exception>
    public (byte[] Secret, DateTimeOffset Expires) Give(AgencyId agency, TimeSpan life)
    {
        var secret = RandomNumberGenerator.GetBytes(JoinCode.SecretSize);
        lock (_gate)
        {
            var now = time.GetUtcNow();
            foreach (var (other, given) in _codes.Where(pair => pair.Value.Expires < now).ToList())
            {
                _codes.Remove(other);
            }

            if (_codes.Count >= Most)
            {
                throw new InvalidOperationException($"{Most} join codes are out. Wait until some have expired.");
            }

            var expires = DateTimeOffset.FromUnixTimeSeconds((now + life).ToUnixTimeSeconds());
            _codes[agency] = new Given(SHA256.HashData(secret), expires);
            return (secret, expires);
        }
    }

    /// <summary>The first key that brings the secret has the code; the same key may bring it again.</summary>
    /// <returns>Null: good.</returns>
    public Refusal? Use(AgencyId agency, ReadOnlySpan<byte> secret, P256PublicKey key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(secret, hash);
        lock (_gate)
        {
            if (!_codes.TryGetValue(agency, out var given))
            {
                return No("unknown");
            }

            if (time.GetUtcNow() > given.Expires)
            {
                _codes.Remove(agency);
                return No("expired");
            }

            if (!CryptographicOperations.FixedTimeEquals(hash, given.Hash))
            {
                if (++given.Wrong >= MostWrong)
                {
                    _codes.Remove(agency);
                }

                return No("unknown");
            }

            if (given.Key is { } bound && !bound.Equals(key))
            {
                return No("used by another host");
            }

            given.Key = key;
            return null;
        }
    }

    private static Refusal No(string why) => new(RefusalName.JoinCodeRefused, why);

    private sealed class Given(byte[] hash, DateTimeOffset expires)
    {
        public byte[] Hash { get; } = hash;

        public DateTimeOffset Expires { get; } = expires;

        public P256PublicKey? Key { get; set; }

        public int Wrong { get; set; }
    }
}
