using System.Security.Cryptography;
using InfoLink.Authoring;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;

namespace InfoLink.Tests.Trust;

/// <summary>Keys, an authority over some of them, and lists to sign.</summary>
internal sealed class SomeAuthority : IDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 9, 15, 3, 0, 0, TimeSpan.Zero);
    public const string Platform = "infolink.test";

    private readonly ECDsa[] _keys = [.. Enumerable.Range(0, 5).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];

    public IReadOnlyList<ECDsa> Keys => _keys;

    public P256PublicKey Public(int key) => P256PublicKey.Of(_keys[key]);

    public string Id(int key) => DocumentSignature.KeyIdOf(Public(key));

    /// <summary>Of these keys, signed by the same.</summary>
    public (SignedDocument Envelope, Authority Value) Authority(int threshold, Authority? previous, params int[] keys)
    {
        var envelope = Sign(AuthorityFile.Draft(Platform, [.. keys.Select(Public)], threshold, previous, Now), DocumentKind.Authority, keys);
        return (envelope, Documents.Authority(envelope).Value);
    }

    public SignedDocument Sign(SignedDocument document, DocumentKind kind, params int[] keys) =>
        keys.Aggregate(document, (signed, key) => signed.With(DocumentSignature.ByKey(signed, kind, _keys[key])));

    /// <summary>A list with nobody in it but the broker; unsigned.</summary>
    public static Document<MemberList> EmptyList(DateTimeOffset? issued = null)
    {
        using var identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var token = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var yaml = $"""
            platform: {Platform}
            broker:
              identityKey: {P256PublicKey.Of(identity)}
              tokenKeys:
                k1: {P256PublicKey.Of(token)}

            """;
        return MembersFile.Draft("members.yaml", System.Text.Encoding.UTF8.GetBytes(yaml), previous: null, issued ?? Now) switch
        {
            Loaded<SignedDocument>.Whole whole => Documents.Members(whole.Value),
            Loaded<SignedDocument>.Broken broken => throw new InvalidOperationException(string.Join('\n', broken.Errors)),
            _ => throw new InvalidOperationException(),
        };
    }

    public static NewMember SomeMember(string id)
    {
        using var identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new NewMember
        {
            Id = AgencyId.Parse(id),
            Name = new Bilingual("横浜市", "Yokohama"),
            Categories = [new CategoryTerm(CategoryId.Parse("municipality"), new DateOnly(2026, 4, 1), Until: null)],
            IdentityKey = P256PublicKey.Of(identity),
            CodeEpochs = new CodeEpochs(1, Previous: null),
        };
    }

    public void Dispose()
    {
        foreach (var key in _keys)
        {
            key.Dispose();
        }
    }
}
