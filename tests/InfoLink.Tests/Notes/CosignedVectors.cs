using System.Text;
using System.Text.Json;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;

namespace InfoLink.Tests.Notes;

/// <summary>A log with three witnesses, made by another implementation (vectors/SOURCE.md).</summary>
internal static class CosignedVectors
{
    private static readonly JsonElement Keys = JsonDocument.Parse(Bytes("keys.json")).RootElement;

    public static NoteKey Log { get; } = NoteKey.Parse(Keys.GetProperty("log").GetProperty("vkey").GetString()!);

    public static IReadOnlyList<NoteKey> Witnesses { get; } =
        [.. Keys.GetProperty("witnesses").EnumerateArray().Select(witness => NoteKey.Parse(witness.GetProperty("vkey").GetString()!))];

    public static IReadOnlyList<DateTimeOffset> Times { get; } =
        [.. Keys.GetProperty("witnesses").EnumerateArray().Select(witness => DateTimeOffset.FromUnixTimeSeconds(witness.GetProperty("time").GetInt64()))];

    public static int Index { get; } = Keys.GetProperty("index").GetInt32();

    public static byte[] Checkpoint => Bytes("cosigned.checkpoint");

    public static byte[] Proof => Bytes("entry-2.tlog-proof");

    public static Sha256Digest Leaf(int index) => MerkleTree.LeafHash(Encoding.UTF8.GetBytes(Keys.GetProperty("entries")[index].GetString()!));

    public static Ed25519PrivateKey LogSeed() => Ed25519PrivateKey.FromSeed(Convert.FromHexString(Keys.GetProperty("log").GetProperty("seed").GetString()!));

    public static Ed25519PrivateKey WitnessSeed(int witness) =>
        Ed25519PrivateKey.FromSeed(Convert.FromHexString(Keys.GetProperty("witnesses")[witness].GetProperty("seed").GetString()!));

    private static byte[] Bytes(string name) => File.ReadAllBytes(RepositoryRoot.Path("tests", "InfoLink.Tests", "Notes", "vectors", name));
}
