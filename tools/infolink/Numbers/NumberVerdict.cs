using InfoLink.Contracts.Identifiers;

namespace InfoLink.Tool.Numbers;

/// <summary>What a text is, as a number. It never holds the text, nor the check digit that would be right: a valid number may be somebody's.</summary>
/// <param name="Kind">Null: its length is that of none.</param>
/// <param name="IsTidied">Separators were left out, or digits of another width read.</param>
/// <param name="Objection">Null: it is valid. Otherwise the cause and the way out.</param>
internal sealed record NumberVerdict(NumberKind? Kind, bool IsTidied, string? Objection)
{
    public bool IsValid => Objection is null;

    /// <param name="text">As typed.</param>
    /// <param name="forced">The kind that it must be; null: the one of its length.</param>
    public static NumberVerdict On(string text, NumberKind? forced)
    {
        if (text.Length > TypedDigits.LongestText)
        {
            return new NumberVerdict(forced, IsTidied: false, $"It has {text.Length} characters, more than any number with its spaces and hyphens. Give one number.");
        }

        var typed = TypedDigits.In(text);
        var count = typed.Digits.Length;
        if (!typed.IsOnlyDigits)
        {
            var cause = count == 0 ? "There are no digits in it." : $"There is something in it that is no digit, space or hyphen, beside {count} digits.";
            return new NumberVerdict(forced, typed.WasTidied, $"{cause} Read letters that look like digits (O, l) again where it was copied from.");
        }

        if (forced is not null && forced.Length != count)
        {
            return new NumberVerdict(forced, typed.WasTidied, $"It has {count} digits, and the {forced.Name} has {forced.Length}. Look for a digit that was lost or typed twice.");
        }

        var kind = forced ?? NumberKind.All.FirstOrDefault(kind => kind.Length == count);
        return kind is null
            ? new NumberVerdict(null, typed.WasTidied, $"It has {count} digits, and no number that is known here has so many: {NumberKind.Lengths}. Look for a digit that was lost or typed twice.")
            : new NumberVerdict(kind, typed.WasTidied, kind.IsRight(typed.Digits)
                ? null
                : "The check digit does not fit the other digits: one is wrong, or two have changed places. Compare it with where it was copied from; do not guess the digit.");
    }
}
