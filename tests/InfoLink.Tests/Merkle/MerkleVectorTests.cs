using System.Text.Json;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using Xunit;

namespace InfoLink.Tests.Merkle;

/// <summary>Certificate Transparency's own test data, and the probes of a well-known library (vectors/SOURCE.md).</summary>
public sealed class MerkleVectorTests
{
    private static readonly string[] Leaves =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    private static readonly string[] Roots =
    [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    private static readonly JsonElement Probes = ReadProbes();

    public static TheoryData<int> InclusionRows => Rows("inclusion");

    public static TheoryData<int> ConsistencyRows => Rows("consistency");

    [Fact]
    public void Leaves_nodes_and_the_empty_tree_hash_as_published()
    {
        Assert.Equal(Digest("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), MerkleTree.EmptyRoot);
        Assert.Equal(Digest("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"), MerkleTree.LeafHash([]));
        Assert.Equal(Digest("395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"), MerkleTree.LeafHash("L123456"u8));
        Assert.Equal("TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=", Convert.ToBase64String(MerkleTree.LeafHash("hello world"u8).Span));

        // Both children of this published node are shorter than a digest; the bytes hashed are what counts.
        Assert.Equal(
            Digest("aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"), Sha256Digest.Of([1, .. "N123"u8, .. "N456"u8]));
    }

    [Fact]
    public void Roots_of_the_eight_leaves_are_as_published()
    {
        var range = new CompactRange();
        for (var size = 0; size <= Leaves.Length; size++)
        {
            Assert.Equal(Digest(Roots[size]), MerkleTree.Root([.. Leaves[..size].Select(Convert.FromHexString)]));
            Assert.Equal(Digest(Roots[size]), range.Root());
            range.Append(MerkleTree.LeafHash(Convert.FromHexString(Leaves[size % Leaves.Length])));
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 8, "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")]
    [InlineData(5, 8, "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")]
    [InlineData(2, 3, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")]
    [InlineData(1, 5, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b")]
    public async Task Inclusion_paths_are_as_published(ulong index, ulong size, params string[] path)
    {
        var proof = await MerkleProof.InclusionAsync(KeptNodes.Of(EightLeaves()), index, size, default);

        Assert.Equal(path.Select(Digest), proof);
        Assert.True(MerkleVerifier.Includes(EightLeaves()[(int)index], index, size, Digest(Roots[size]), proof));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 8, "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")]
    [InlineData(6, 8, "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")]
    [InlineData(2, 5, "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b")]
    [InlineData(6, 7, "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")]
    public async Task Consistency_proofs_are_as_published(ulong from, ulong to, params string[] path)
    {
        var proof = await MerkleProof.ConsistencyAsync(KeptNodes.Of(EightLeaves()), from, to, default);

        Assert.Equal(path.Select(Digest), proof);
        Assert.True(MerkleVerifier.IsConsistent(from, Digest(Roots[from]), to, Digest(Roots[to]), proof));
    }

    [Theory]
    [MemberData(nameof(InclusionRows))]
    public void Inclusion_probes_are_decided_as_published(int row)
    {
        var probe = Probes.GetProperty("inclusion")[row];
        Assert.True(
            probe.GetProperty("wantErr").GetBoolean() != MerkleVerifier.Includes(
                Hash(probe.GetProperty("leafHash")), probe.GetProperty("leafIdx").GetUInt64(), probe.GetProperty("treeSize").GetUInt64(),
                Hash(probe.GetProperty("root")), Path(probe)),
            probe.GetProperty("file").GetString());
    }

    [Theory]
    [MemberData(nameof(ConsistencyRows))]
    public void Consistency_probes_are_decided_as_published(int row)
    {
        var probe = Probes.GetProperty("consistency")[row];
        Assert.True(
            probe.GetProperty("wantErr").GetBoolean() != MerkleVerifier.IsConsistent(
                probe.GetProperty("size1").GetUInt64(), Hash(probe.GetProperty("root1")),
                probe.GetProperty("size2").GetUInt64(), Hash(probe.GetProperty("root2")), Path(probe)),
            probe.GetProperty("file").GetString());
    }

    [Theory]
    [InlineData("inclusion")]
    [InlineData("consistency")]
    public void Of_each_kind_of_probe_six_are_accepted(string kind) =>
        Assert.Equal((6, 92), (
            Probes.GetProperty(kind).EnumerateArray().Count(probe => !probe.GetProperty("wantErr").GetBoolean()),
            Probes.GetProperty(kind).EnumerateArray().Count(probe => probe.GetProperty("wantErr").GetBoolean())));

    private static Sha256Digest[] EightLeaves() => [.. Leaves.Select(leaf => MerkleTree.LeafHash(Convert.FromHexString(leaf)))];

    private static Sha256Digest Digest(string hex) => Sha256Digest.FromBytes(Convert.FromHexString(hex));

    /// <summary>
    /// An empty hash reaches the verifier as nothing. A few roots are words ("don't care") where the probe is about sizes: a digest of the
    /// word stands for it, as no hash here has another length than 32 bytes.
    /// </summary>
    private static Sha256Digest Hash(JsonElement base64) => base64.GetBytesFromBase64() switch
    {
        [] => null!,
        { Length: Sha256Digest.Size } hash => Sha256Digest.FromBytes(hash),
        var word => Sha256Digest.Of(word),
    };

    private static Sha256Digest[] Path(JsonElement probe) =>
        probe.GetProperty("proof") is { ValueKind: JsonValueKind.Array } proof ? [.. proof.EnumerateArray().Select(Hash)] : [];

    private static TheoryData<int> Rows(string kind) => [.. Enumerable.Range(0, Probes.GetProperty(kind).GetArrayLength())];

    private static JsonElement ReadProbes()
    {
        using var file = File.OpenRead(RepositoryRoot.Path("tests", "InfoLink.Tests", "Merkle", "vectors", "merkle_probes.json"));
        return JsonDocument.Parse(file).RootElement.Clone();
    }
}
