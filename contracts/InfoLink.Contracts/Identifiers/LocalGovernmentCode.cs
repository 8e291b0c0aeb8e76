using System.Diagnostics.CodeAnalysis;

namespace InfoLink.Contracts.Identifiers;

/// <summary>
/// A local-government code (全国地方公共団体コード): five digits and a check digit. The agency id of a local government is one (<see cref="AgencyId"/>).
/// </summary>
/// <remarks>The check digit: 6a₁+5a₂+4a₃+3a₄+2a₅; the last digit of 11 − (sum mod 11), so 1 for remainder 0 and 0 for remainder 1.</remarks>
public sealed record LocalGovernmentCode
{
    /// <summary>Digits of a code, the check digit included.</summary>
    public const int Length = 6;

    private readonly string _text;

    private LocalGovernmentCode(string text) => _text = text;

    /// <summary>Reads six ASCII digits with a right check digit; anything else is false.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out LocalGovernmentCode? code)
    {
        code = null;
        if (text.Length != Length || text.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        code = CheckDigit(text[..^1]) == text[^1] ? new LocalGovernmentCode(text.ToString()) : null;
        return code is not null;
    }

    /// <exception cref="FormatException">Not a local-government code.</exception>
    public static LocalGovernmentCode Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var code) ? code : throw new FormatException("Not a local-government code: 6 digits, of which the last is the check digit.");

    /// <summary>The code of a prefecture itself: <c>140007</c> for 14.</summary>
    /// <param name="number">Its two digits.</param>
    /// <exception cref="ArgumentException">Not two digits.</exception>
    public static LocalGovernmentCode OfPrefecture(ReadOnlySpan<char> number)
    {
        if (number.Length != 2 || number.ContainsAnyExceptInRange('0', '9'))
        {
            throw new ArgumentException("A prefecture's number is two digits.", nameof(number));
        }

        var digits = $"{number}000";
        return new LocalGovernmentCode(digits + CheckDigit(digits));
    }

    /// <summary>The six digits.</summary>
    public override string ToString() => _text;

    private static char CheckDigit(ReadOnlySpan<char> five)
    {
        var sum = 0;
        for (var i = 0; i < five.Length; i++)
        {
            sum += (Length - i) * (five[i] - '0');
        }

        return (char)('0' + ((11 - (sum % 11)) % 10));
    }
}
