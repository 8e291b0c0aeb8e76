using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace InfoLink.Contracts.Identifiers;

/// <summary>
/// An individual number (個人番号): eleven digits and a check digit. Content of marked entries, where the law says so; nothing is ever looked up by it.
/// </summary>
/// <remarks>
/// The check digit (平成26年総務省令第85号 article 5): weights 6,5,4,3,2,7,6,5,4,3,2 from the left over the eleven digits; 11 − (sum mod 11), and 0 when the
/// remainder is 0 or 1. Never prints; <see cref="Reveal"/> is the one way to the digits as text.
/// </remarks>
[DebuggerDisplay("IndividualNumber(redacted)")]
[JsonConverter(typeof(NeverInJson))]
public sealed class IndividualNumber : IEquatable<IndividualNumber>
{
    /// <summary>Digits of a number, the check digit included.</summary>
    public const int Length = 12;

    /// <summary>Numbers without their check digit are below this: eleven decimal digits.</summary>
    public const ulong BaseLimit = 100_000_000_000;

    private const int BaseLength = Length - 1;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)] private readonly ulong _base;

    private IndividualNumber(ulong elevenDigits) => _base = elevenDigits;

    /// <summary>Reads twelve ASCII digits with a right check digit; anything else is false.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out IndividualNumber? number)
    {
        number = null;
        if (text.Length != Length || text.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        var elevenDigits = ulong.Parse(text[..BaseLength]);
        number = CheckDigit(elevenDigits) == text[BaseLength] - '0' ? new IndividualNumber(elevenDigits) : null;
        return number is not null;
    }

    /// <summary>Reads twelve digits.</summary>
    /// <exception cref="FormatException">Not an individual number. The message does not repeat the text.</exception>
    public static IndividualNumber Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var number) ? number : throw new FormatException("Not an individual number.");

    /// <summary>Adds the check digit to eleven digits given as a number: how the numbering authority makes one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than eleven digits.</exception>
    public static IndividualNumber FromBase(ulong elevenDigits) => elevenDigits < BaseLimit
        ? new IndividualNumber(elevenDigits)
        : throw new ArgumentOutOfRangeException(nameof(elevenDigits), "Eleven digits at most.");

    /// <summary>Would a person read the text as an individual number? Digits of any width, with spaces and hyphens or without, and a right check digit.</summary>
    public static bool IsWrittenIn(ReadOnlySpan<char> text)
    {
        var typed = TypedDigits.In(text);
        return typed.IsOnlyDigits && TryParse(typed.Digits, out _);
    }

    /// <summary>The eleven digits as a number, for the authority's table. Not for logs.</summary>
    public ulong ToBase() => _base;

    /// <summary>The twelve digits as text. Not for logs.</summary>
    public string Reveal() => $"{_base:D11}{CheckDigit(_base)}";

    /// <summary>Equal numbers; the time taken does not depend on where they differ.</summary>
    public bool Equals(IndividualNumber? other) => other is not null && (_base ^ other._base) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as IndividualNumber);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_base);

    /// <summary>Always "IndividualNumber(redacted)".</summary>
    public override string ToString() => "IndividualNumber(redacted)";

    private static int CheckDigit(ulong elevenDigits)
    {
        var sum = 0;
        for (var fromRight = 0; fromRight < BaseLength; fromRight++, elevenDigits /= 10)
        {
            sum += (int)(elevenDigits % 10) * (2 + (fromRight % 6));
        }

        var remainder = sum % 11;
        return remainder <= 1 ? 0 : 11 - remainder;
    }

    // A serializer that meets a number has met a mistake: it says so instead of writing it.
    internal sealed class NeverInJson : JsonConverter<IndividualNumber>
    {
        public override IndividualNumber Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw Refusal();

        public override void Write(Utf8JsonWriter writer, IndividualNumber value, JsonSerializerOptions options) => throw Refusal();

        private static NotSupportedException Refusal() => new("An individual number does not travel as JSON of this type.");
    }
}
