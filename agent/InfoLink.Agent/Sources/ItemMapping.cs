using System.Globalization;
using System.Text.RegularExpressions;
using InfoLink.Contracts.Catalog;
using InfoLink.Matching;

namespace InfoLink.Agent.Sources;

/// <summary>What became of one item: the value as the existing system has it, and the answer made of it, or why there is none.</summary>
/// <param name="Item">The item's id.</param>
/// <param name="From">Column or path; empty: nowhere.</param>
/// <param name="Raw">As read.</param>
/// <param name="Answer">Null: left out, or an error.</param>
/// <param name="Error">Null: none.</param>
internal sealed record MappedItem(string Item, string From, RawValue Raw, ItemAnswer? Answer, MappingError? Error)
{
    public override string ToString() => $"MappedItem({Item}, redacted)";
}

/// <summary>Why an item could not be made. Never a value: it may be logged.</summary>
/// <param name="Item">The item's id.</param>
/// <param name="Rule">The rule of the layout that would be broken: what the requester is told.</param>
/// <param name="Cause">For the agency's own people.</param>
internal sealed record MappingError(string Item, LayoutRule Rule, string Cause)
{
    public override string ToString() => $"{Item}: {Cause}";
}

/// <summary>Makes one item of what the existing system has, in the steps of <see cref="ItemMapOptions"/>. It does not know the layout, which is looked at afterwards.</summary>
internal sealed partial class ItemMapping(string item, ItemMapOptions options)
{
    public MappedItem Apply(SourceRecord record)
    {
        if (options.From.Length == 0)
        {
            return Made(new RawValue.Null(), Absent(options.WhenNull));
        }

        var raw = record.Find(options.From);
        return raw switch
        {
            RawValue.Null => Made(raw, Absent(options.WhenNull)),
            RawValue.Missing when options.MayBeMissing => Made(raw, Absent(options.WhenNull)),
            RawValue.Missing => Broken(raw, LayoutRule.Missing, options.From.StartsWith('$')
                ? $"the answer has no {options.From}; if the system leaves it out where there is nothing, say mayBeMissing"
                : $"the query has no column '{options.From}'; it has {string.Join(", ", record.Fields.Keys)}"),
            RawValue.Formless formless => Broken(raw, LayoutRule.NotCanonical, $"{options.From} is of the type {formless.Type}, which no item holds"),
            RawValue.Written written => Of(raw, options.Trim ? written.Text.Trim() : written.Text),
            _ => throw new InvalidOperationException("A value is written, null, missing or formless."),
        };
    }

    /// <summary>What is done to the text, for people.</summary>
    public string Steps => string.Join(", ", ((string?[])
    [
        options.From.Length == 0 ? null : options.Trim ? "trim" : "no trim",
        options.Absences.Count > 0 ? "absences" : null,
        options.Width.Length > 0 ? $"{options.Width} width" : null,
        options.Codes.Count > 0 ? $"codes ({options.Codes.Count})" : null,
        options.Date.Length > 0 ? $"date {options.Date}" : null,
        options.Number ? "number" : null,
        options.True.Count > 0 ? "true and false" : null,
        $"null is {options.WhenNull}",
    ]).OfType<string>());

    private MappedItem Of(RawValue raw, string text)
    {
        if (text.Length == 0)
        {
            return Made(raw, Absent(options.WhenNull));
        }

        if (options.Absences.TryGetValue(text, out var reason))
        {
            return Made(raw, Absent(reason));
        }

        text = options.Width switch
        {
            "half" => CharacterWidth.Half(text),
            "full" => CharacterWidth.Full(text),
            _ => text,
        };
        if (options.Codes.Count > 0)
        {
            return options.Codes.TryGetValue(text, out var code) ? Value(raw, code) : Broken(raw, LayoutRule.NotInCodeList, "'codes' has no conversion for what the system has");
        }

        if (options.Date.Length > 0)
        {
            return Day(text, options.Date) is { } day ? Value(raw, SqlRecords.Iso(day)!) : Broken(raw, LayoutRule.NotCanonical, $"what the system has is not a whole day in the form '{options.Date}'");
        }

        if (options.Number)
        {
            return Plain(text) is { } number ? Value(raw, number) : Broken(raw, LayoutRule.NotCanonical, "what the system has is not a number");
        }

        return options.True.Count == 0 ? Value(raw, text)
            : options.True.Contains(text, StringComparer.Ordinal) ? Value(raw, "true")
            : options.False.Contains(text, StringComparer.Ordinal) ? Value(raw, "false")
            : Broken(raw, LayoutRule.NotCanonical, "what the system has is neither among 'true' nor among 'false'");
    }

    /// <summary>A whole day, written in a form of <see cref="ItemMapOptions.Date"/>; null: it is none.</summary>
    internal static DateOnly? Day(string text, string form) => string.Equals(form, ItemMapOptions.Era, StringComparison.Ordinal)
        ? NormalForm.Of(new BasicAttributes { BirthDate = text }).Birth?.Date
        : DateOnly.TryParseExact(text, form, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;

    private static string? Plain(string text) =>
        WrittenNumber().IsMatch(text) && decimal.TryParse(text.Replace(",", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? SqlRecords.Plain(number) : null;

    private MappedItem Value(RawValue raw, string text) => Made(raw, new ItemAnswer.Value(text));

    private static ItemAnswer.Absent? Absent(string reason) => AbsenceReason.TryParse(reason, out var known) ? new ItemAnswer.Absent(known) : null;

    private MappedItem Made(RawValue raw, ItemAnswer? answer) => new(item, options.From, raw, answer, Error: null);

    private MappedItem Broken(RawValue raw, LayoutRule rule, string cause) => new(item, options.From, raw, Answer: null, new MappingError(item, rule, cause));

    /// <summary>Commas, if any, stand between thousands; a decimal holds 28 digits exactly.</summary>
    [GeneratedRegex(@"^[-+]?(?=[\d,.]{1,29}$)([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WrittenNumber();
}
