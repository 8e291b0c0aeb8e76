using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using InfoLink.Authoring;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;
using Xunit;

namespace InfoLink.Tests.Trust;

/// <summary>Signed documents against contracts/vectors/documents.json, which another implementation in another language made.</summary>
public sealed class DocumentVectorTests
{
    private static readonly JsonElement Vectors =
        JsonDocument.Parse(File.ReadAllBytes(RepositoryRoot.Path("contracts", "vectors", "documents.json"))).RootElement;

    public static TheoryData<string> Documents => [.. Vectors.GetProperty("documents").EnumerateObject().Select(document => document.Name)];

    public static TheoryData<string> Envelopes => Names("refused_envelopes");

    public static TheoryData<string> Payloads => Names("refused_payloads");

    public static TheoryData<string> Counts => Names("counts");

    [Theory]
    [MemberData(nameof(Documents))]
    public void What_the_other_implementation_signed_is_read(string name)
    {
        var vector = Vectors.GetProperty("documents").GetProperty(name);
        var envelope = Envelope(name);
        Assert.Equal(vector.GetProperty("payload").GetString(), Encoding.UTF8.GetString(envelope.Payload.Span));
        Assert.Equal(vector.GetProperty("sha256").GetString(), envelope.Sha256.ToString());
        Assert.Equal(vector.GetProperty("fingerprint").GetString(), Fingerprint.OfDigest(envelope.Sha256).ToString());
        Assert.Equal(vector.GetProperty("signed_by").EnumerateArray().Select(key => key.GetString()!), envelope.Signatures.Select(signature => signature.KeyId), StringComparer.Ordinal);
        Assert.Equal(vector.GetProperty("envelope").GetString(), Encoding.UTF8.GetString(envelope.ToBytes()));
        Assert.Equal(vector.GetProperty("kind").GetString(), InfoLink.Authoring.Documents.KindOf(envelope).Name());
        Assert.Equal(vector.GetProperty("kind").GetString(), DocumentFile.Of(name, envelope).Kind.Name());
    }

    [Fact]
    public void Keys_are_named_as_the_other_implementation_names_them()
    {
        foreach (var key in Vectors.GetProperty("keys").EnumerateObject())
        {
            Assert.True(P256PublicKey.TryParse(Convert.FromBase64String(key.Value.GetProperty("public").GetString()!), out var read));
            Assert.Equal(key.Name, DocumentSignature.KeyIdOf(read));
            Assert.Equal(key.Value.GetProperty("fingerprint").GetString(), Fingerprint.OfKey(read).ToString());
        }
    }

    [Fact]
    public void Texts_are_canonical_as_RFC_8785_has_it()
    {
        foreach (var row in Vectors.GetProperty("canonical").EnumerateArray())
        {
            var canonical = row.GetProperty("canonical").GetString()!;
            Assert.Equal(canonical, CanonicalJson.Text(Node(row.GetProperty("value"))));
            var errors = new ErrorSheet("canonical");
            Assert.Equal(canonical, CanonicalJson.Text(CanonicalJson.Read(Encoding.UTF8.GetBytes(canonical), errors)!));
            Assert.True(errors.IsEmpty);
        }
    }

    [Fact]
    public void The_documents_say_what_was_put_into_them()
    {
        var authority = InfoLink.Authoring.Documents.Authority(Envelope("authority-1")).Value;
        Assert.Equal((2, 3, "infolink.test"), (authority.Threshold, authority.Keys.Count, authority.Platform));
        authority.Require(Envelope("authority-1"), DocumentKind.Authority);
        authority.Require(Envelope("members-1"), DocumentKind.Members);
        authority.Require(Envelope("catalog-1"), DocumentKind.Catalog);

        var members = InfoLink.Authoring.Documents.Members(Envelope("members-1")).Value;
        Assert.True(members.TryFind(AgencyId.Parse("yokohama"), out var yokohama));
        Assert.Equal((1, 1, "Yokohama"), (members.Quorum, members.Witnesses.Length, yokohama.Name.En));
        Assert.Equal(["number-less"], yokohama.Flags, StringComparer.Ordinal);

        var catalog = InfoLink.Authoring.Documents.Catalog(Envelope("catalog-1")).Value;
        Assert.Equal("情報 “引用” \\ 𠮷", catalog.Entries.Values.Single().Information.Ja);
        Assert.Equal(["class", "amount"], catalog.Kinds.Values.Single().Items.Select(item => item.Id), StringComparer.Ordinal); // As written, not as sorted.
        var codes = Assert.IsType<ItemType.CodeList>(catalog.Kinds.Values.Single().Items[0].Type).Codes;
        Assert.Equal(["3", "1"], codes.Select(code => code.Code), StringComparer.Ordinal);

        var directory = InfoLink.Authoring.Documents.Directory(Envelope("directory"));
        Assert.Equal((7L, 1, 1), (directory.Serial, directory.Suspended.Count, directory.SwitchedOff.Count));
    }

    [Fact]
    public void An_authority_is_changed_by_the_old_threshold_and_the_new_one_alone()
    {
        var authority = InfoLink.Authoring.Documents.Authority(Envelope("authority-1")).Value;
        var next = InfoLink.Authoring.Documents.Authority(Envelope("authority-2")).Value;
        authority.RequireSuccessor(Envelope("authority-2"), next);
        next.Require(Envelope("catalog-2"), DocumentKind.Catalog);
        Assert.Throws<DocumentException>(() => authority.Require(Envelope("catalog-2"), DocumentKind.Catalog));
        foreach (var half in (string[])["authority-2 without the old threshold", "authority-2 without the new threshold"])
        {
            var refused = Assert.Throws<DocumentException>(() => authority.RequireSuccessor(Envelope(half), next));
            Assert.Equal(DocumentFault.SignaturesMissing, refused.Fault);
        }
    }

    [Theory]
    [MemberData(nameof(Counts))]
    public void Signatures_count_by_different_keys_of_the_authority_over_this_document_as_this_kind(string name)
    {
        var vector = Vectors.GetProperty("counts").EnumerateArray().Single(row => Is(row, name));
        var authority = InfoLink.Authoring.Documents.Authority(Envelope("authority-1")).Value;
        var kind = DocumentKinds.FromName(vector.GetProperty("kind").GetString())!.Value;
        var envelope = SignedDocument.Parse(Encoding.UTF8.GetBytes(vector.GetProperty("envelope").GetString()!));
        Assert.Equal(vector.GetProperty("count").GetInt32(), authority.Count(envelope, kind));
    }

    [Theory]
    [MemberData(nameof(Envelopes))]
    public void Another_envelope_is_refused_as_malformed(string name)
    {
        var vector = Vectors.GetProperty("refused_envelopes").EnumerateArray().Single(row => Is(row, name));
        var refused = Assert.Throws<DocumentException>(() => SignedDocument.Parse(Encoding.UTF8.GetBytes(vector.GetProperty("envelope").GetString()!)));
        Assert.Equal(DocumentFault.Malformed, refused.Fault);
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public void Another_payload_is_refused_as_malformed(string name)
    {
        var vector = Vectors.GetProperty("refused_payloads").EnumerateArray().Single(row => Is(row, name));
        var draft = SignedDocument.Draft(Base64Url.DecodeFromChars(vector.GetProperty("payload").GetString()!));
        var refused = Assert.Throws<DocumentException>(() => InfoLink.Authoring.Documents.Members(draft));
        Assert.Equal(DocumentFault.Malformed, refused.Fault);
    }

    private static SignedDocument Envelope(string name) =>
        SignedDocument.Parse(Encoding.UTF8.GetBytes(Vectors.GetProperty("documents").GetProperty(name).GetProperty("envelope").GetString()!));

    private static TheoryData<string> Names(string section) =>
        [.. Vectors.GetProperty(section).EnumerateArray().Select(row => row.GetProperty("name").GetString()!)];

    private static bool Is(JsonElement row, string name) => string.Equals(row.GetProperty("name").GetString(), name, StringComparison.Ordinal);

    private static DocumentNode Node(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => DocumentNode.Of(value.GetString()!),
        JsonValueKind.Array => DocumentNode.ListOf(value.EnumerateArray().Select(Node)),
        _ => DocumentNode.Mapping.Containing(value.EnumerateObject().Select(member => (member.Name, (DocumentNode?)Node(member.Value)))),
    };
}
