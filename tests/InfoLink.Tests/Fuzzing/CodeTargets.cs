using System.Text;
using InfoLink.Codes;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Tiles;
using InfoLink.Contracts.Tokens;
using InfoLink.Contracts.Trust;

namespace InfoLink.Tests.Fuzzing;

/// <summary>Codes, names, keys and paths: each value has one text, or texts that differ as the specification allows.</summary>
internal static class CodeTargets
{
    public static IEnumerable<FuzzTarget> Of(RealExchanges real)
    {
        var code = real.Code;
        var bytes = new byte[LinkCode.ByteLength];
        code.CopyTo(bytes);
        yield return Text("link-code", [code.Reveal()], text => LinkCode.TryParse(text, out var read) ? read.Reveal() : null, Crockford) with { IsSecret = true };
        yield return new FuzzTarget("link-code-bytes", Form.Bytes, [bytes], input => Readers.Takes(() => LinkCode.FromBytes(input)), typeof(FormatException)) { IsSecret = true };
        yield return new FuzzTarget("id-code", Form.Bytes, [[1, 0, 0, 0, 7, 7, 0], [2, 2, 0x54, 0x0B, 0xE3, 0xFF, 255], [15, 0, 0, 0, 0, 0, 1]], IdCodes) { IsSecret = true };
        yield return new FuzzTarget("resident-record-code", Form.Text, [Encoding.ASCII.GetBytes(ResidentRecordCode.FromBase(123_456_7890).Reveal()), "00000000000"u8.ToArray()], RecordCodes, typeof(FormatException)) { IsSecret = true };
        yield return Text("join-code", [real.Join.Reveal()], text => JoinCode.TryParse(text, out var join) ? join.Reveal() : null,
            text => Crockford(string.Concat(text.Where(character => !char.IsWhiteSpace(character) && character != '-')))) with
        { IsSecret = true };
        yield return new FuzzTarget("join-code-body", Form.Bytes, [Body(real.Join.Reveal())], JoinBody) { IsSecret = true };
        yield return Text("exchange-id", [ExchangeId.New().ToString()], text => ExchangeId.TryParse(text, out var id) ? id.ToString() : null, Crockford);
        yield return Text("fingerprint", [real.Join.Authority.ToString()], text => Fingerprint.TryParse(text, out var print) ? print.ToString().Replace("-", "", StringComparison.Ordinal) : null,
            text => Crockford(text.Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal)));
        yield return Text("token-id", ["AAECAwQFBgcICQoLDA0ODw"], text => TokenId.TryParse(text, out var id) ? System.Buffers.Text.Base64Url.EncodeToString(id.Reveal()) : null) with { IsSecret = true };
        yield return Text("agency-id", ["141003", "mhlw"], text => AgencyId.TryParse(text, out var id) ? id.Value : null);
        yield return Text("catalog-names", ["106.municipality.108-1-ro", "claimant"], Names);
        yield return Text("spiffe-name", ["spiffe://infolink.example/broker", "spiffe://infolink.example/agency/141003"], text => SpiffeName.TryParse(text, out var name) ? name.ToString() : null);
        yield return Text("endpoint", ["https://127.0.0.1:7443", "https://agent.example:443", "https://[::1]:8443"],
            text => Endpoints.TryParse(text, out var endpoint) && Endpoints.TryParse(endpoint.GetLeftPart(UriPartial.Authority), out var again) && again == endpoint ? text : null);
        yield return new FuzzTarget("pkcs11-uri", Form.Text,
            ["pkcs11:token=agency;object=identity?pin-source=identity.pin"u8.ToArray(), "pkcs11:id=%01;type=private?pin-source=file:/run/pin"u8.ToArray()], Pkcs11);
        yield return Text("note-key", [real.Joining.LogKey, real.Joining.WitnessKey], text => NoteKey.TryParse(text)?.ToString());
        yield return Text("note-signature", [.. SignedNote.TryParse(real.Brought.Checkpoint.Span)!.Signatures.Select(signature => signature.ToString())], text => NoteSignature.TryParse(text)?.ToString());
        yield return Text("tile-path", ["tile/0/x001/x234/067", "tile/2/000.p/17", "tile/63/255"], text => TilePath.TryParse(text) is { } tile ? TilePath.Of(tile) : null);
        yield return Text("tile-entries-path", ["tile/entries/x001/x234/067", "tile/entries/000.p/17"], text => TilePath.TryParseEntries(text) is { } tile ? TilePath.OfEntries(tile.Index, tile.Width) : null);
        yield return new FuzzTarget("conditions", Form.Json,
            [new InquiryConditions { TaxYear = 2026, AsOf = new DateOnly(2026, 9, 1), Period = new InquiryPeriod(new DateOnly(2026, 4, 1), new DateOnly(2026, 8, 31)) }.ToCanonicalJson(), "{}"u8.ToArray()],
            input => InquiryConditions.TryParseCanonicalJson(input, out var read) && Same(read.ToCanonicalJson(), input));
        yield return new FuzzTarget("public-key", Form.Bytes, [real.Joining.IdentityKey.ToByteArray()], input => P256PublicKey.TryParse(input, out var key) && Same(key.Spki.Span, input));
    }

    /// <summary>A text that is read must be the one that would be written, once what may differ is taken out.</summary>
    private static FuzzTarget Text(string name, IEnumerable<string> good, Func<string, string?> again, Func<string, string>? plain = null) => new(
        name,
        Form.Text,
        [.. good.Select(Encoding.UTF8.GetBytes)],
        bytes =>
        {
            var text = Encoding.UTF8.GetString(bytes);
            if (again(text) is not { } written)
            {
                return false;
            }

            Readers.Require(string.Equals(written, (plain ?? (same => same))(text), StringComparison.Ordinal), "one value has two texts");
            return true;
        });

    private static string Crockford(string text) => text.ToUpperInvariant().Replace('I', '1').Replace('L', '1').Replace('O', '0');

    private static bool Same(ReadOnlySpan<byte> written, ReadOnlySpan<byte> read)
    {
        Readers.Require(written.SequenceEqual(read), "one value has two forms");
        return true;
    }

    private static bool IdCodes(byte[] bytes)
    {
        if (!IdCode.TryFromBytes(bytes, out var code))
        {
            return false;
        }

        var written = new byte[IdCode.ByteLength];
        code.CopyTo(written);
        return Same(written, bytes);
    }

    private static bool RecordCodes(byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        return Same(Encoding.UTF8.GetBytes(ResidentRecordCode.Parse(text).Reveal()), bytes);
    }

    private static string? Names(string text)
    {
        var good = EntryId.TryParse(text, out var entry);
        Readers.Require(good == KindId.TryParse(text, out _) && good == SubjectRole.TryParse(text, out _), "names of the catalog that are read by different rules");
        return good ? entry.Value : null;
    }

    private static bool Pkcs11(byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        if (!Pkcs11Uri.Is(text))
        {
            return false;
        }

        Readers.Require(Pkcs11Uri.ErrorIn(text) is null or { Length: > 0 }, "an error that says nothing");
        return Pkcs11Uri.ErrorIn(text) is null;
    }

    /// <summary>The inside of a join code, with a right check behind it: the check is against slips of the hand alone.</summary>
    private static bool JoinBody(byte[] body)
    {
        var text = InfoLink.Contracts.Identifiers.Crockford.Encode([.. body, .. System.Security.Cryptography.SHA256.HashData(body).AsSpan(0, 4)]);
        if (!JoinCode.TryParse(text, out var code))
        {
            return false;
        }

        Readers.Require(Endpoints.TryParse(code.Broker.OriginalString, out _), "a join code leads to an address that is none of a broker's");
        Readers.Require(string.Equals(code.Reveal(), text, StringComparison.Ordinal), "one join code has two texts");
        return true;
    }

    private static byte[] Body(string text)
    {
        var bytes = new byte[text.Length * 5 / 8];
        return InfoLink.Contracts.Identifiers.Crockford.TryDecode(text, bytes) ? bytes[..^4] : throw new InvalidOperationException("No join code.");
    }
}
