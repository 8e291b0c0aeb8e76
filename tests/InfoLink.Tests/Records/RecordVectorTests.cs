using System.Text.Json;
using InfoLink.Broker.AccessLog;
using InfoLink.Broker.Tokens;
using InfoLink.Codes;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Tokens;
using InfoLink.Tests.Codes;
using InfoLink.V1;
using Xunit;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Tests.Records;

/// <summary>Records against a second implementation in another language (contracts/vectors/make_record_vectors.py).</summary>
public sealed class RecordVectorTests
{
    private const string FileName = "records.json";

    public static TheoryData<int> Entries => VectorFile.Rows(FileName, "entries");

    public static TheoryData<int> Commitments => VectorFile.Rows(FileName, "commitments");

    public static TheoryData<int> Tags => VectorFile.Rows(FileName, "indexTags");

    public static TheoryData<int> Conditions => VectorFile.Rows(FileName, "conditions");

    public static TheoryData<int> TokenIds => VectorFile.Rows(FileName, "tokenIds");

    [Theory]
    [MemberData(nameof(Entries))]
    public void An_entry_is_the_same_to_the_byte(int row)
    {
        var vector = Row("entries", row);
        var open = Open(vector.GetProperty("open"));
        var bytes = vector.Hex("openPart");
        Assert.Equal(bytes, Google.Protobuf.MessageExtensions.ToByteArray(open));
        Assert.Equal(open, AccessEntry.TryParse(bytes));

        var subjects = vector.GetProperty("subjects").EnumerateArray().Select(Subject).ToList();
        Assert.Equal(vector.GetProperty("subjects").EnumerateArray().Select(subject => subject.Hex("leaf")), subjects.Select(subject => subject.ToBytes()));
        Assert.Equal(subjects, subjects.Select(subject => SubjectLeaf.FromBytes(subject.ToBytes())));

        Sha256Digest? commitment = null;
        if (vector.TryGetProperty("particulars", out var kept))
        {
            var particulars = new Particulars
            {
                Operator = kept.Text("operator"),
                Terminal = kept.Text("terminal"),
                Use = kept.Text("use"),
                CaseReference = kept.Text("caseReference"),
            };
            Assert.Equal(kept.Hex("bytes"), Google.Protobuf.MessageExtensions.ToByteArray(particulars));
            commitment = Commitment.OfParticulars(kept.Hex("salt"), kept.Hex("bytes"));
            Assert.Equal(kept.Hex("commitment"), commitment.ToArray());
        }

        var root = PrivateRoot.Of(subjects, commitment);
        Assert.Equal(vector.Hex("privateRoot"), root.ToArray());
        var entry = AccessEntry.Make(vector.Hex("salt"), bytes, root);
        Assert.Equal(vector.Hex("entry"), entry);
        Assert.Equal(AccessEntry.Size, entry.Length);
        Assert.Equal(vector.Hex("leafHash"), AccessEntry.LeafHash(entry).ToArray());
    }

    [Theory]
    [MemberData(nameof(Commitments))]
    public void A_commitment_is_the_same(int row)
    {
        var vector = Row("commitments", row);
        var (seed, agency, code) = (vector.Hex("seed"), AgencyId.Parse(vector.Text("agency")), LinkCode.FromBytes(vector.Hex("linkCode")));
        var salts = vector.GetProperty("salts");
        var (requester, provider, tag) =
            (Commitment.Salt(seed, CommitmentSide.RequesterCode), Commitment.Salt(seed, CommitmentSide.ProviderCode), Commitment.Salt(seed, CommitmentSide.IndexTag));
        Assert.Equal(salts.Hex("requester"), requester);
        Assert.Equal(salts.Hex("provider"), provider);
        Assert.Equal(salts.Hex("tag"), tag);
        Assert.Equal(vector.Hex("requesterCommitment"), Commitment.OfLinkCode(requester, agency, code).ToArray());
        Assert.Equal(vector.Hex("providerCommitment"), Commitment.OfLinkCode(provider, agency, code).ToArray());
        Assert.Equal(vector.Hex("tagCommitment"), Commitment.OfTag(tag, vector.Hex("tag")).ToArray());
    }

    [Theory]
    [MemberData(nameof(Tags))]
    public void An_index_tag_is_the_same(int row)
    {
        var vector = Row("indexTags", row);
        using var tags = new IndexTags(vector.Hex("master"));
        var person = IdCode.Create((IdCodeKind)vector.Int("kind"), vector.GetProperty("serial").GetUInt64(), generation: 0);
        Assert.Equal(vector.Hex("tag"), tags.Of(person, vector.Int("year")));
        Assert.Equal(vector.Hex("tag"), tags.Of(person.WithGeneration(9), vector.Int("year"))); // A new code is the same person.
    }

    [Theory]
    [MemberData(nameof(Conditions))]
    public void A_conditions_digest_is_the_same(int row)
    {
        var vector = Row("conditions", row);
        InquiryPeriod? period = null;
        if (vector.TryGetProperty("period", out var given))
        {
            Assert.True(InquiryPeriod.TryCreate(DateOnly.Parse(given.Text("from")), DateOnly.Parse(given.Text("to")), out var read));
            period = read;
        }

        var conditions = new InquiryConditions
        {
            TaxYear = vector.TryGetProperty("taxYear", out var year) ? year.GetInt32() : null,
            AsOf = vector.TryGetProperty("asOf", out var asOf) ? DateOnly.Parse(asOf.GetString()!) : null,
            ClaimedOn = vector.TryGetProperty("claimedOn", out var claimedOn) ? DateOnly.Parse(claimedOn.GetString()!) : null,
            Period = period,
        };
        Assert.Equal(vector.Text("canonical"), conditions.ToString());
        Assert.Equal(vector.Hex("digest"), conditions.Digest());
    }

    [Theory]
    [MemberData(nameof(TokenIds))]
    public void A_token_ids_store_key_is_the_same(int row)
    {
        var vector = Row("tokenIds", row);
        Assert.True(TokenId.TryParse(vector.Text("text"), out var id));
        Assert.Equal(vector.Hex("jti"), id.Reveal());
        Assert.Equal(vector.Hex("storeKey"), id.StoreKey());
        Assert.Equal(System.Buffers.Text.Base64Url.EncodeToString(vector.Hex("storeKey")), TokenKey.Of(id).Text);
    }

    [Theory]
    [InlineData("2026-12-31T14:59:59.999Z", 2026)]
    [InlineData("2026-12-31T15:00:00.000Z", 2027)]
    [InlineData("2026-01-01T00:00:00+14:00", 2025)]
    public void The_year_of_a_record_is_the_year_in_Japan(string instant, int year) =>
        Assert.Equal(year, IndexTags.YearOf(DateTimeOffset.Parse(instant)));

    private static JsonElement Row(string array, int row) => VectorFile.Read(FileName).GetProperty(array)[row];

    private static SubjectLeaf Subject(JsonElement vector) => new((uint)vector.Int("index"), (SubjectOutcome)vector.Int("outcome"))
    {
        Tag = Sha256Digest.FromBytes(vector.Hex("tag")),
        RequesterCode = Sha256Digest.FromBytes(vector.Hex("requesterCode")),
        ProviderCode = Sha256Digest.FromBytes(vector.Hex("providerCode")),
        Digest = Sha256Digest.FromBytes(vector.Hex("digest")),
    };

    /// <summary>The vectors name the fields as JSON does (lowerCamelCase), bytes in hex.</summary>
    private static OpenPart Open(JsonElement vector)
    {
        var open = new OpenPart();
        foreach (var given in vector.EnumerateObject())
        {
            var field = OpenPart.Descriptor.Fields.InDeclarationOrder().Single(field => string.Equals(field.JsonName, given.Name, StringComparison.Ordinal));
            if (field.IsRepeated)
            {
                open.Kinds.Add(given.Value.EnumerateArray().Select(kind => kind.GetString()!));
                continue;
            }

            field.Accessor.SetValue(open, field.FieldType switch
            {
                Google.Protobuf.Reflection.FieldType.Bytes => Convert.FromHexString(given.Value.GetString()!).ToByteString(),
                Google.Protobuf.Reflection.FieldType.String => given.Value.GetString()!,
                Google.Protobuf.Reflection.FieldType.Int64 => given.Value.GetInt64(),
                Google.Protobuf.Reflection.FieldType.UInt32 => given.Value.GetUInt32(),
                _ when string.Equals(field.JsonName, "event", StringComparison.Ordinal) => (AccessEvent)given.Value.GetInt32(),
                _ => (RefusalName)given.Value.GetInt32(),
            });
        }

        return open;
    }
}
