using System.Security.Cryptography;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;

namespace InfoLink.Agent;

/// <summary>The public halves of an agency's keys, for the member list.</summary>
/// <param name="Identity">The agency's own small CA.</param>
/// <param name="Log">Of its access log.</param>
/// <param name="Witness">Counts only where the authority makes the agency a witness.</param>
public sealed record AgencyKeys(P256PublicKey Identity, NoteKey Log, NoteKey Witness);

/// <summary>The agent's own keys beside its identity: what signs its log, cosigns the broker's, and seals content at rest.</summary>
internal sealed class OwnKeys : IDisposable
{
    private readonly Ed25519PrivateKey _log;
    private readonly Ed25519PrivateKey _witness;

    private OwnKeys(Ed25519PrivateKey log, string logName, Ed25519PrivateKey witness, string witnessName, byte[] content)
    {
        _log = log;
        _witness = witness;
        Log = new NoteSigner(logName, NoteKeyKind.Log, log);
        Witness = new NoteSigner(witnessName, NoteKeyKind.Cosigner, witness);
        Content = content;
    }

    public NoteSigner Log { get; }

    public NoteSigner Witness { get; }

    /// <summary>32 bytes.</summary>
    public byte[] Content { get; }

    /// <exception cref="InvalidOperationException">A key is missing or malformed; the message names the file.</exception>
    public static OwnKeys Read(AgentOptions options, string platform)
    {
        var name = $"{platform}/agency/{options.Agency}";
        return new OwnKeys(
            ReadSeed(options.Full(options.LogKey)),
            options.LogOrigin.Length == 0 ? name : options.LogOrigin,
            ReadSeed(options.Full(options.WitnessKey)),
            name + "/witness",
            KeyFile.ReadKey(options.Full(options.ContentKey)));
    }

    public void Dispose()
    {
        _log.Dispose();
        _witness.Dispose();
        CryptographicOperations.ZeroMemory(Content);
    }

    private static Ed25519PrivateKey ReadSeed(string path)
    {
        var seed = KeyFile.ReadKey(path);
        var key = Ed25519PrivateKey.FromSeed(seed);
        CryptographicOperations.ZeroMemory(seed);
        return key;
    }
}
