using InfoLink.Contracts.Membership;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace InfoLink.Contracts.Identity;

/// <summary>
/// What a host holds of its party's identity: the key of today and, while that is being changed, the next one. Which of them to issue under
/// is the member list's word.
/// </summary>
/// <remarks>
/// A change goes: the party makes its next key and has it put into the member list as <c>identityKey</c>, with the one of today as
/// <c>retiringIdentityKey</c>; each host changes over when that list comes into force for it; a later list drops the retiring key.
/// </remarks>
public sealed partial class OwnIdentity : IDisposable
{
    private readonly string _folder;
    private readonly string _nextSource;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly List<IdentityKey> _held;

    private OwnIdentity(IdentityKey key, string folder, string nextSource, ILogger logger)
    {
        Key = key;
        _held = [key];
        _folder = folder;
        _nextSource = nextSource;
        _logger = logger;
    }

    /// <summary>The key of today, or the one before where the change is over and the files have not been put in order yet.</summary>
    public IdentityKey Key { get; }

    public SpiffeName Name => Key.Name;

    /// <param name="name">Whose identity it is.</param>
    /// <param name="folder">Where relative paths start from.</param>
    /// <param name="source">The key of today, as <see cref="IdentityKey.Open"/> takes it.</param>
    /// <param name="nextSource">The next key, likewise; it is opened when a member list names another key than that of today. Empty, or a file that is not there: none.</param>
    /// <param name="logger">Where it is said that a key is retiring, and that the next one cannot be opened.</param>
    /// <exception cref="InvalidOperationException">The key of today cannot be opened; the message names the cause and the way out.</exception>
    public static OwnIdentity Open(SpiffeName name, string folder, string source, string nextSource = "", ILogger<OwnIdentity>? logger = null) =>
        new(IdentityKey.Open(name, folder, source), folder, nextSource, logger ?? (ILogger)NullLogger.Instance);

    /// <summary>Makes the key of today in a new file; a key in a token has been made there before, and is opened.</summary>
    /// <exception cref="IOException">The file exists.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="Open"/>.</exception>
    public static IdentityKey Create(SpiffeName name, string folder, string source)
    {
        if (Pkcs11Uri.Is(source))
        {
            return IdentityKey.Open(name, folder, source);
        }

        var key = IdentityKey.Create(name);
        try
        {
            KeyFile.WriteNew(Path.Combine(folder, source), key.RevealPem());
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The key to issue under by a member list: the one that it names as identity key; where the host does not hold that, the one that it
    /// names as retiring; null: the host holds neither, and nobody would accept its certificates.
    /// </summary>
    public IdentityKey? For(IdentityKeys listed)
    {
        lock (_gate)
        {
            if (Held(listed.Current) is null && OpenNext() is { } next)
            {
                _held.Add(next);
            }

            if (Held(listed.Current) is { } current)
            {
                return current;
            }

            var retiring = Held(listed.Retiring);
            if (retiring is not null)
            {
                Log.Retiring(_logger, Name);
            }

            return retiring;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _held.ForEach(key => key.Dispose());
        }
    }

    private IdentityKey? Held(P256PublicKey? key) => _held.Find(held => held.PublicKey.Equals(key));

    private IdentityKey? OpenNext()
    {
        if (_nextSource.Length == 0 || (!Pkcs11Uri.Is(_nextSource) && !File.Exists(Path.Combine(_folder, _nextSource))))
        {
            return null;
        }

        try
        {
            var next = IdentityKey.Open(Name, _folder, _nextSource);
            if (Held(next.PublicKey) is null)
            {
                return next;
            }

            next.Dispose();
            return null;
        }
        catch (InvalidOperationException refused)
        {
            Log.NextNotOpened(_logger, Name, refused.Message);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The member list names the identity key of {Name} that this host holds as retiring: a later list will drop it. Give the host the new key (nextIdentityKey)")]
        public static partial void Retiring(ILogger logger, SpiffeName name);

        [LoggerMessage(2, LogLevel.Error, "The next identity key of {Name} cannot be opened, so nothing is issued under it: {Reason}")]
        public static partial void NextNotOpened(ILogger logger, SpiffeName name, string reason);
    }
}
