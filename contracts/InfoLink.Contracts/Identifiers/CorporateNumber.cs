using System.Diagnostics.CodeAnalysis;

namespace InfoLink.Contracts.Identifiers;

/// <summary>
/// A corporate number (法人番号): a check digit and twelve digits, which for a registered company are its 会社法人等番号. Published, so it prints.
/// </summary>
/// <remarks>
/// The check digit (平成26年財務省令第70号 article 2), leftmost: over the twelve digits from the right, weight 1 for odd and 2 for even positions;
/// 9 − (sum mod 9), so never 0.
/// </remarks>
public sealed record CorporateNumber
{
    /// <summary>Digits of a number, the check digit included.</summary>
    public const int Length = BaseLength + 1;

    /// <summary>Digits behind the check digit.</summary>
    public const int BaseLength = 12;

    /// <summary>Numbers without their check digit are below this: twelve decimal digits.</summary>
    public const ulong BaseLimit = 1_000_000_000_000;

    private CorporateNumber(ulong twelveDigits) => Base = twelveDigits;

    /// <summary>The twelve digits behind the check digit, as a number.</summary>
    public ulong Base { get; }

    /// <summary>Reads thirteen ASCII digits with a right check digit; anything else is false.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out CorporateNumber? number)
    {
        number = null;
        if (text.Length != Length || text.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        var twelveDigits = ulong.Parse(text[1..]);
        number = CheckDigit(twelveDigits) == text[0] - '0' ? new CorporateNumber(twelveDigits) : null;
        return number is not null;
    }

    /// <exception cref="FormatException">Not a corporate number.</exception>
    public static CorporateNumber Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var number) ? number : throw new FormatException("Not a corporate number: 13 digits, of which the first is the check digit.");

    /// <summary>Puts the check digit before twelve digits given as a number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than twelve digits.</exception>
    public static CorporateNumber FromBase(ulong twelveDigits) => twelveDigits < BaseLimit
        ? new CorporateNumber(twelveDigits)
        : throw new ArgumentOutOfRangeException(nameof(twelveDigits), "Twelve digits at most.");

    /// <summary>The thirteen digits.</summary>
    public override string ToString() => $"{CheckDigit(Base)}{Base:D12}";

    private static int CheckDigit(ulong twelveDigits)
    {
        var sum = 0;
        for (var fromRight = 1; fromRight <= BaseLength; fromRight++, twelveDigits /= 10)
        {
            sum += (int)(twelveDigits % 10) * (fromRight % 2 == 1 ? 1 : 2);
        }

        return 9 - (sum % 9);
    }
}
