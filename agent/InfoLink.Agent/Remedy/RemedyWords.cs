using System.Globalization;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Identifiers;
using InfoLink.V1;

namespace InfoLink.Agent.Remedy;

/// <summary>How states are written for people, and what people may write.</summary>
public static class RemedyWords
{
    private const int MaxText = 500;

    /// <summary>An identifier shorter than this stands in many a sentence by chance.</summary>
    private const int TellingLength = 3;

    /// <summary><c>TakenNoteOf</c> as <c>taken-note-of</c>.</summary>
    public static string Of(string name) =>
        string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? $"-{c}" : $"{c}")).ToLowerInvariant();

    /// <summary>What people have made of a notice; empty where nothing is known.</summary>
    public static string Of(CorrectionState state) => state switch
    {
        CorrectionState.CorrectionOpen => "open",
        CorrectionState.CorrectionTakenNoteOf => "taken-note-of",
        CorrectionState.CorrectionActed => "acted",
        _ => "",
    };

    /// <summary>A place in an exchange and what came of it, e.g. <c>0 answered</c>.</summary>
    public static string Of((uint Index, SubjectOutcome Outcome) subject) => string.Create(
        CultureInfo.InvariantCulture,
        $"{subject.Index} {(subject.Outcome == SubjectOutcome.Unspecified ? "nothing" : Of(subject.Outcome.ToString().Replace("Outcome", "", StringComparison.Ordinal)))}");

    /// <summary>Why a text cannot stand on record; null: it can. A name of a person nobody can find in it; identifiers, codes and numbers are.</summary>
    internal static string? WhyNot(LinkAct act, LocalId? id)
    {
        if (string.IsNullOrWhiteSpace(act.Operator) || string.IsNullOrWhiteSpace(act.Reason))
        {
            return "Say who decides, and on what grounds.";
        }

        foreach (var text in (string[])[act.Operator, act.Reason])
        {
            if (text.Length > MaxText || text.Any(c => char.IsControl(c) || char.IsSurrogate(c)))
            {
                return $"Operator and grounds are at most {MaxText} characters, without line breaks.";
            }

            if ((id is { } known && known.Value.Length >= TellingLength && text.Contains(known.Value, StringComparison.OrdinalIgnoreCase))
                || IndividualNumber.IsWrittenIn(text)
                || text.Split([' ', '　', ',', '、', '。', '(', ')']).Any(word => LinkCode.TryParse(word, out _) || IndividualNumber.IsWrittenIn(word)))
            {
                return "The text holds the person's identifier, a code or a number. It stands on record and in the report, so it names nobody: write the case or the file's reference.";
            }
        }

        return null;
    }
}
