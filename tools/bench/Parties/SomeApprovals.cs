using System.Security.Cryptography;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Bench.Parties;

/// <summary>Approvals of one person, as large as in life, with made-up content.</summary>
internal sealed class SomeApprovals
{
    private readonly (OpenPart Open, SubjectLeaf Leaf)[] _approvals;
    private int _next;

    public SomeApprovals(int prepared) => _approvals = [.. Enumerable.Range(0, prepared).Select(_ => (Approval(), Leaf()))];

    /// <summary>The next record, with salts, commitments and hashes of its own.</summary>
    public NewEntry Next()
    {
        var (open, leaf) = _approvals[(uint)Interlocked.Increment(ref _next) % _approvals.Length];
        return Record(open, leaf);
    }

    public static NewEntry Record(OpenPart open, SubjectLeaf leaf) =>
        new(open, [new NewSubject(leaf) { Seed = RandomNumberGenerator.GetBytes(32), Tag = RandomNumberGenerator.GetBytes(16) }]);

    public static OpenPart Approval()
    {
        var open = new OpenPart
        {
            Event = AccessEvent.Approved,
            Custodian = "broker",
            TimeMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
            ExchangeId = Random(16),
            TokenSha256 = Random(32),
            Entry = "106.municipality.108-1-ro",
            Role = "claimant",
            Requester = "141003",
            Provider = "131121",
            ConditionsSha256 = Random(32),
            CatalogVersion = 1,
            CatalogSha256 = Random(32),
            Cnf = Random(32),
            Rek = Random(32),
            IssuedAt = 1_780_000_000,
            ExpiresAt = 1_780_000_060,
            RequestCommitment = Random(32),
            Count = 1,
        };
        open.Kinds.Add("municipal-inhabitant-tax");
        return open;
    }

    public static SubjectLeaf Leaf() =>
        new(0, SubjectOutcome.Unspecified) { Tag = Digest(), RequesterCode = Digest(), ProviderCode = Digest() };

    private static Google.Protobuf.ByteString Random(int length) => RandomNumberGenerator.GetBytes(length).ToByteString();

    private static Sha256Digest Digest() => Sha256Digest.FromBytes(RandomNumberGenerator.GetBytes(32));
}
