using System.Diagnostics;
using System.Text;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Tokens;

/// <summary>
/// An access token as it travels: a JWT of type <c>at+jwt</c> (RFC 9068), at most 4,096 ASCII characters. It is good for one use within
/// 60 s, and it never prints: logs and errors name a token by its exchange id only. It is text, as protobuf and the JWT library want it, and the
/// runtime wipes no text; its minute and its one use bound what a copy in memory is good for.
/// </summary>
[DebuggerDisplay("ExchangeToken(redacted)")]
public sealed class ExchangeToken
{
    /// <summary>Longest token a party reads, in characters: an entry with every kind stays far below it.</summary>
    public const int MaxLength = 4096;

    private readonly string _text;

    private ExchangeToken(string text)
    {
        _text = text;
        Sha256 = Sha256Digest.Of(Encoding.ASCII.GetBytes(text));
    }

    /// <summary>SHA-256 over the token's ASCII bytes: what grants, receipts, seals and signatures bind to.</summary>
    public Sha256Digest Sha256 { get; }

    public static bool TryParse(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ExchangeToken? token)
    {
        var good = text.Length is > 0 and <= MaxLength && Ascii.IsValid(text);
        token = good ? new ExchangeToken(text) : null;
        return good;
    }

    /// <summary>The token itself, for the wire and the verifier only.</summary>
    public string Reveal() => _text;

    public override string ToString() => "ExchangeToken(redacted)";
}
