using System.Security.Cryptography;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Hosting.Members;

namespace InfoLink.Numbering;

/// <summary>The public halves of the authority's keys, for the member list.</summary>
/// <param name="Identity">Its own small CA.</param>
/// <param name="Log">Of its log of acts.</param>
public sealed record NumberingPublicKeys(P256PublicKey Identity, NoteKey Log);

/// <summary>The authority's keys beside its identity. None of them is anybody else's.</summary>
internal sealed class NumberingKeys : IDisposable
{
    private readonly Ed25519PrivateKey _log;

    private NumberingKeys(Ed25519PrivateKey log, string origin, byte[] table)
    {
        _log = log;
        Log = new NoteSigner(origin, NoteKeyKind.Log, log);
        Table = table;
    }

    public NoteSigner Log { get; }

    /// <summary>32 bytes.</summary>
    public byte[] Table { get; }

    /// <summary>Makes the keys. Nothing is ever overwritten.</summary>
    /// <exception cref="IOException">A key is there already.</exception>
    public static NumberingPublicKeys Create(NumberingOptions options, string platform)
    {
        var identity = MemberHost.Create(options.Member, platform);
        KeyFile.WriteNewKey(options.Member.Full(options.LogKey));
        KeyFile.WriteNewKey(options.Member.Full(options.TableKey));
        using var keys = Read(options, platform);
        return new NumberingPublicKeys(identity, keys.Log.Key);
    }

    /// <exception cref="InvalidOperationException">A key is missing or malformed; the message names the file.</exception>
    public static NumberingKeys Read(NumberingOptions options, string platform)
    {
        var seed = KeyFile.ReadKey(options.Member.Full(options.LogKey));
        var log = Ed25519PrivateKey.FromSeed(seed);
        CryptographicOperations.ZeroMemory(seed);
        var origin = options.LogOrigin.Length > 0 ? options.LogOrigin : $"{platform}/agency/{options.Member.Id}";
        return new NumberingKeys(log, origin, KeyFile.ReadKey(options.Member.Full(options.TableKey)));
    }

    public void Dispose()
    {
        _log.Dispose();
        CryptographicOperations.ZeroMemory(Table);
    }
}
