using System.Diagnostics;
using System.Text.Json.Serialization;

namespace InfoLink.Codes;

/// <summary>
/// A resident record code (住民票コード) of the Basic Resident Register Network System: ten random digits and a check digit.
/// Known to the registry, the numbering authority and the code authority; the broker and the agencies never hold one.
/// </summary>
/// <remarks>
/// The check digit: weights 2,3,4,5,6,7,2,3,4,5 from the right over the ten digits; 11 − (sum mod 11), and 0 when the remainder is
/// 0 or 1. The rule is as two independent public implementations have it (the official notice was not found).
/// Never prints; <see cref="Reveal"/> is the one way to the digits as text.
/// </remarks>
[DebuggerDisplay("ResidentRecordCode(redacted)")]
[JsonConverter(typeof(NeverInJson<ResidentRecordCode>))]
public sealed class ResidentRecordCode : IEquatable<ResidentRecordCode>
{
    /// <summary>Digits of a code, the check digit included.</summary>
    public const int Length = BaseLength + 1;

    /// <summary>Digits before the check digit.</summary>
    public const int BaseLength = 10;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)] private readonly ulong _base;

    private ResidentRecordCode(ulong tenDigits) => _base = tenDigits;

    /// <summary>Reads eleven ASCII digits with a right check digit; anything else is false.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ResidentRecordCode? code)
    {
        code = null;
        if (text.Length != Length || text.ContainsAnyExceptInRange('0', '9'))
            return false;
        var tenDigits = ulong.Parse(text[..BaseLength]);
        if (CheckDigit(tenDigits) != text[BaseLength] - '0')
            return false;
        code = new ResidentRecordCode(tenDigits);
        return true;
    }

    /// <summary>Reads eleven digits.</summary>
    /// <exception cref="FormatException">Not a resident record code. The message does not repeat the text.</exception>
    public static ResidentRecordCode Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out ResidentRecordCode? code) ? code! : throw new FormatException("Not a resident record code.");

    /// <summary>Adds the check digit to ten digits given as a number: how a registry makes a new code.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than ten digits.</exception>
    public static ResidentRecordCode FromBase(ulong tenDigits) => tenDigits < 10_000_000_000
        ? new ResidentRecordCode(tenDigits)
        : throw new ArgumentOutOfRangeException(nameof(tenDigits), "Ten digits at most.");

    /// <summary>Writes the ten digits before the check digit as values 0–9, leftmost first.</summary>
    public void CopyBaseDigitsTo(Span<byte> digits)
    {
        var rest = _base;
        for (int i = BaseLength - 1; i >= 0; i--, rest /= 10)
            digits[i] = (byte)(rest % 10);
    }

    /// <summary>The eleven digits as text. Not for logs.</summary>
    public string Reveal() => $"{_base:D10}{CheckDigit(_base)}";

    /// <inheritdoc/>
    public bool Equals(ResidentRecordCode? other) => other is not null && (_base ^ other._base) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ResidentRecordCode);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_base);

    /// <summary>Always "ResidentRecordCode(redacted)".</summary>
    public override string ToString() => "ResidentRecordCode(redacted)";

    private static int CheckDigit(ulong tenDigits)
    {
        var sum = 0;
        for (int fromRight = 0; fromRight < BaseLength; fromRight++, tenDigits /= 10)
            sum += (int)(tenDigits % 10) * (2 + (fromRight % 6));
        var remainder = sum % 11;
        return remainder < 2 ? 0 : 11 - remainder;
    }
}
