using System.Security.Cryptography;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Tests.Audit;

/// <summary>Records of every form that a log holds, in turn: the broker's with tags, a requester's and a provider's with own codes and particulars, and refusals without persons.</summary>
internal static class SomeRecords
{
    public const string Agency = "131121";

    public static NewEntry At(long serial) => (serial % 4) switch
    {
        0 => new NewEntry(Open(AccessEvent.Approved, "broker", serial), [Tagged(0), Tagged(1)]),
        1 => new NewEntry(Open(AccessEvent.Asked, Agency, serial), [Own(0, CommitmentSide.RequesterCode)], Who("児童手当係")),
        2 => new NewEntry(Open(AccessEvent.Answered, Agency, serial), [Own(0, CommitmentSide.ProviderCode), Own(1, CommitmentSide.ProviderCode)], Who("automatic")),
        _ => new NewEntry(Open(AccessEvent.Refused, "broker", serial), []),
    };

    public static IEnumerable<NewEntry> Some(long from, long count) => Enumerable.Range(0, (int)count).Select(i => At(from + i));

    private static OpenPart Open(AccessEvent what, string custodian, long serial) => new()
    {
        Event = what,
        Custodian = custodian,
        TimeMs = 1_767_225_600_000 + serial,
        ExchangeId = ExchangeId.New().ToArray().ToByteString(),
        Entry = "106.municipality.108-1-ro",
        Requester = "141003",
        Provider = Agency,
        Count = 2,
    };

    private static Particulars Who(string who) => new() { Operator = who, Terminal = "terminal-12" };

    private static NewSubject Tagged(uint index)
    {
        var (seed, tag) = (RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(16));
        var leaf = new SubjectLeaf(index, SubjectOutcome.Unspecified)
        {
            Tag = Commitment.OfTag(Commitment.Salt(seed, CommitmentSide.IndexTag), tag),
            RequesterCode = Sha256Digest.Of([1]),
            ProviderCode = Sha256Digest.Of([2]),
        };
        return new NewSubject(leaf) { Seed = seed, Tag = tag };
    }

    private static NewSubject Own(uint index, CommitmentSide side)
    {
        var (seed, code) = (RandomNumberGenerator.GetBytes(32), new LinkCode(7, RandomNumberGenerator.GetBytes(LinkCode.BlockLength)));
        var commitment = Commitment.OfLinkCode(Commitment.Salt(seed, side), AgencyId.Parse(Agency), code);
        var leaf = new SubjectLeaf(index, SubjectOutcome.AnsweredOutcome) { Digest = Sha256Digest.Of(seed) };
        var bytes = new byte[LinkCode.ByteLength];
        code.CopyTo(bytes);
        return new NewSubject(side == CommitmentSide.RequesterCode ? leaf with { RequesterCode = commitment } : leaf with { ProviderCode = commitment })
        {
            Seed = seed,
            OwnLinkCode = bytes,
        };
    }
}
