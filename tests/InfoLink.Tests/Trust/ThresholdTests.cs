using System.Text;
using FsCheck;
using FsCheck.Fluent;
using InfoLink.Authoring;
using InfoLink.Contracts.Trust;
using Xunit;

namespace InfoLink.Tests.Trust;

/// <summary>So many different keys of the authority, over exactly this document, as exactly this kind: and nothing else adds up to it.</summary>
public sealed class ThresholdTests : IDisposable
{
    private readonly SomeAuthority _some = new();

    public void Dispose() => _some.Dispose();

    [Fact]
    public void Of_any_set_of_signers_those_of_the_authority_count_once_each()
    {
        var (_, authority) = _some.Authority(2, previous: null, 0, 1, 2);
        var list = SomeAuthority.EmptyList().Envelope;
        Prop.ForAll(
            Gen.ListOf(Gen.Choose(0, 4)).ToArbitrary(),
            signers =>
            {
                var signed = SignedDocument.Parse(_some.Sign(list, DocumentKind.Members, [.. signers]).ToBytes());
                var counted = signers.Where(signer => signer < 3).Distinct().Count();
                var taken = Record.Exception(() => authority.Require(signed, DocumentKind.Members)) is null;
                return authority.Count(signed, DocumentKind.Members) == counted && taken == (counted >= 2);
            }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_signature_over_one_kind_is_none_over_another()
    {
        var (_, authority) = _some.Authority(1, previous: null, 0);
        var list = SomeAuthority.EmptyList().Envelope;
        foreach (var signedAs in Enum.GetValues<DocumentKind>())
        {
            var signed = _some.Sign(list, signedAs, 0);
            foreach (var askedAs in Enum.GetValues<DocumentKind>())
            {
                Assert.Equal(signedAs == askedAs ? 1 : 0, authority.Count(signed, askedAs));
            }
        }
    }

    [Fact]
    public void Any_other_bit_in_a_signed_document_ends_its_signatures_or_its_reading()
    {
        var (_, authority) = _some.Authority(1, previous: null, 0);
        var bytes = _some.Sign(SomeAuthority.EmptyList().Envelope, DocumentKind.Members, 0).ToBytes();
        Prop.ForAll(
            Gen.Choose(0, (bytes.Length * 8) - 1).ToArbitrary(),
            bit =>
            {
                var bent = bytes.ToArray();
                bent[bit / 8] ^= (byte)(1 << (bit % 8));
                try
                {
                    // Blanks behind the end are the only bytes that nobody signed.
                    return bit / 8 == bytes.Length - 1 || authority.Count(SignedDocument.Parse(bent), DocumentKind.Members) == 0;
                }
                catch (DocumentException refused)
                {
                    return refused.Fault == DocumentFault.Malformed;
                }
            }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_key_signs_once_and_its_newer_signature_stands()
    {
        var list = SomeAuthority.EmptyList().Envelope;
        var once = _some.Sign(list, DocumentKind.Members, 0, 1);
        var again = _some.Sign(once, DocumentKind.Members, 0);
        Assert.Equal([_some.Id(1), _some.Id(0)], again.Signatures.Select(signature => signature.KeyId), StringComparer.Ordinal);
        Assert.Single(_some.Sign(_some.Sign(list, DocumentKind.Catalog, 0), DocumentKind.Members, 0).Signatures);
    }

    [Fact]
    public void Copies_that_were_signed_apart_are_one_document_and_others_are_not()
    {
        var list = SomeAuthority.EmptyList().Envelope;
        var combined = _some.Sign(list, DocumentKind.Members, 0).With(_some.Sign(list, DocumentKind.Members, 1));
        var (_, authority) = _some.Authority(2, previous: null, 0, 1, 2);
        authority.Require(combined, DocumentKind.Members);
        Assert.Equal(list.Sha256, combined.Sha256);
        var other = _some.Sign(SomeAuthority.EmptyList().Envelope, DocumentKind.Members, 1);
        Assert.Equal(DocumentFault.OtherKind, Assert.Throws<DocumentException>(() => combined.With(other)).Fault);
    }

    [Fact]
    public void An_authority_holds_each_key_once_and_a_threshold_that_it_can_reach()
    {
        AssertRefused(() => AuthorityFile.Draft("infolink.test", [_some.Public(0), _some.Public(0)], 2, previous: null, SomeAuthority.Now), "already stands at keys[");
        AssertRefused(() => AuthorityFile.Draft("infolink.test", [_some.Public(0)], 2, previous: null, SomeAuthority.Now), "2 lies outside 1 to 1");
        AssertRefused(() => AuthorityFile.Draft("infolink.test", [_some.Public(0)], 0, previous: null, SomeAuthority.Now), "0 lies outside");
        AssertRefused(() => AuthorityFile.Draft("infolink.test", [], 1, previous: null, SomeAuthority.Now), "1 to 20");

        static void AssertRefused(Func<SignedDocument> draft, string cause) =>
            Assert.Contains(cause, Assert.Throws<DocumentException>(draft).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_of_keys_says_what_cannot_be()
    {
        var (_, authority) = _some.Authority(2, previous: null, 0, 1, 2);
        Assert.Contains("already", Refused(() => AuthorityFile.Change(authority, [_some.Public(1)], [], threshold: null, SomeAuthority.Now)), StringComparison.Ordinal);
        Assert.Contains("has no key", Refused(() => AuthorityFile.Change(authority, [], [_some.Id(4)], threshold: null, SomeAuthority.Now)), StringComparison.Ordinal);
        Assert.Contains("Nothing changes", Refused(() => AuthorityFile.Change(authority, [], [], threshold: 2, SomeAuthority.Now)), StringComparison.Ordinal);
        Assert.Contains("lies outside 1 to 1", Refused(() => AuthorityFile.Change(authority, [], [_some.Id(0), _some.Id(1)], threshold: null, SomeAuthority.Now)), StringComparison.Ordinal);

        var next = Documents.Authority(AuthorityFile.Change(authority, [_some.Public(3)], [_some.Id(0)], threshold: 3, SomeAuthority.Now)).Value;
        Assert.Equal((2, 3, authority.Header.Sha256), (next.Header.Version, next.Threshold, next.Header.Previous));
        Assert.Equal(new[] { _some.Id(1), _some.Id(2), _some.Id(3) }.Order(StringComparer.Ordinal), next.Keys.Keys.Order(StringComparer.Ordinal), StringComparer.Ordinal);

        static string Refused(Func<SignedDocument> draft) => Assert.Throws<DocumentException>(draft).Message;
    }

    [Fact]
    public void An_envelope_may_be_24_MiB_and_no_more()
    {
        var oversized = Encoding.UTF8.GetBytes("{\"payload\":\"\",\"signatures\":[]}" + new string(' ', SignedDocument.MaxBytes));
        Assert.Equal(DocumentFault.Malformed, Assert.Throws<DocumentException>(() => SignedDocument.Parse(oversized)).Fault);
    }
}
