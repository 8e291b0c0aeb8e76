using System.Collections.Concurrent;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using BasicAttributes = InfoLink.Matching.BasicAttributes;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.IdentityChecks;

/// <summary>The requester's half: its own attributes of each person, as tags, sealed to the provider.</summary>
internal sealed partial class IdentityCheckMaking(
    IPersonSource? persons, Func<LeafGeneration, Member, CancellationToken, Task<Outcome<byte[]>>> keyOf, TimeSpan sourceTimeout, TimeProvider time, ILogger<IdentityCheckMaking> logger)
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<AgencyId, (byte[] Key, long At)> _keys = new();

    /// <summary>Why no check can be made at all; null where it can.</summary>
    public Refusal? WhyNot() => persons is null ? new Refusal(RefusalName.IdentityCheckMissing, "no source of basic attributes is configured here") : null;

    /// <param name="own">The certificate of this exchange.</param>
    /// <param name="provider">Who is asked.</param>
    /// <param name="token">SHA-256 of the token.</param>
    /// <param name="subjects">Index and local identifier.</param>
    /// <param name="newest">The registry's attributes of those for whom it was asked just now, by identifier; of the others the own system's count.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<Outcome<IReadOnlyList<SealedIdentityCheck>>> MakeAsync(
        LeafGeneration own,
        Member provider,
        Sha256Digest token,
        IReadOnlyList<(uint Index, string Person)> subjects,
        IReadOnlyDictionary<string, BasicAttributes> newest,
        CancellationToken cancellation)
    {
        var found = await KeyOfAsync(own, provider, cancellation);
        if (found is not Outcome<byte[]>.Done { Value: var key })
        {
            return ((Outcome<byte[]>.Refused)found).Refusal;
        }

        return await SealAsync(key, token, subjects, newest, cancellation);
    }

    /// <summary>The checks alone, under a key that is known.</summary>
    internal async Task<Outcome<IReadOnlyList<SealedIdentityCheck>>> SealAsync(
        ReadOnlyMemory<byte> key,
        Sha256Digest token,
        IReadOnlyList<(uint Index, string Person)> subjects,
        IReadOnlyDictionary<string, BasicAttributes> newest,
        CancellationToken cancellation)
    {
        var checks = new List<SealedIdentityCheck>(subjects.Count);
        foreach (var (index, person) in subjects)
        {
            BasicAttributes? attributes;
            try
            {
                attributes = newest.GetValueOrDefault(person) ?? await persons!.FindAsync(person, cancellation).WaitAsync(sourceTimeout, time, cancellation);
            }
            catch (Exception fault) when (!cancellation.IsCancellationRequested)
            {
                Log.SourceFailed(logger, fault.GetType().Name); // Its type only: what an existing system says may hold anything.
                return new Refusal(RefusalName.SourceUnavailable, "basic attributes");
            }

            checks.Add(IdentityCheckSeal.Seal(key.Span, token.Span, index, attributes));
        }

        return checks;
    }

    private async Task<Outcome<byte[]>> KeyOfAsync(LeafGeneration own, Member provider, CancellationToken cancellation)
    {
        if (_keys.TryGetValue(provider.Id, out var kept) && time.GetElapsedTime(kept.At) < KeptFor)
        {
            return kept.Key;
        }

        var told = await keyOf(own, provider, cancellation);
        if (told is Outcome<byte[]>.Done { Value: var key })
        {
            _keys[provider.Id] = (key, time.GetTimestamp());
        }

        return told;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The source of basic attributes did not answer ({Fault}); nothing was asked")]
        public static partial void SourceFailed(ILogger logger, string fault);
    }
}
