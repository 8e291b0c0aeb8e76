using System.Globalization;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;

namespace InfoLink.Agent;

/// <summary>
/// Where an item of the layout stands in the existing system, and how it is written there. In this order: read, trimmed, nothing or a reason for it, width, and at most one of
/// <see cref="Codes"/>, <see cref="Date"/>, <see cref="Number"/> and <see cref="True"/> with <see cref="False"/>. What does not fit is an error, never a guess.
/// </summary>
public sealed class ItemMapOptions
{
    /// <summary>In <see cref="WhenNull"/>: the item is left out of the answer, where the layout does not require it.</summary>
    public const string Omit = "omit";

    internal const string Era = "era";

    /// <summary>A column of the query, or a path into the JSON answer as RFC 9535 writes it, of names and indices: <c>$.tax.levies[0]['income levy']</c>. Empty: the system has no such item, and <see cref="WhenNull"/> is said of everybody.</summary>
    public string From { get; set; } = "";

    /// <summary>The reason for a null or an empty text: <c>not-recorded</c> and the like, or <see cref="Omit"/>.</summary>
    public string WhenNull { get; set; } = AbsenceReason.NotRecorded.Id;

    /// <summary>The system leaves the member out where it has nothing: that too is a null. Without it a member that is missing is an error, so that a slip of the pen is not taken for a fact. For http.</summary>
    public bool MayBeMissing { get; set; }

    /// <summary>What the system writes where there is no value, and the reason that it stands for: <c>{"99999999": "not-recorded"}</c>.</summary>
    public IDictionary<string, string> Absences { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The system's code → the layout's. A code that is not here is an error, not itself.</summary>
    public IDictionary<string, string> Codes { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>How a date is written: in y, M, d with what stands between them (<c>yyyyMMdd</c>), or <c>era</c> for any way in which people write days (令和8年5月15日, R8.5.15, 2026/5/15). Empty: <c>yyyy-MM-dd</c> or the database's own.</summary>
    public string Date { get; set; } = "";

    /// <summary>A number that may be written with zeros in front, commas between thousands or zeros at its end: 000,124,500.00 is 124500.</summary>
    public bool Number { get; set; }

    /// <summary>What the system writes for true.</summary>
    public IList<string> True { get; set; } = [];

    /// <summary>What it writes for false.</summary>
    public IList<string> False { get; set; } = [];

    /// <summary>Blanks at both ends, full-width ones too, are no part of the value.</summary>
    public bool Trim { get; set; } = true;

    /// <summary><c>half</c>: letters, digits and signs in half width; <c>full</c>: these and katakana in full width. Empty: as they stand.</summary>
    public string Width { get; set; } = "";

    /// <summary>What is wrong with it, whatever the layout is.</summary>
    internal static IEnumerable<string> Errors(ItemMapOptions? options, bool isJson)
    {
        if (options is null)
        {
            yield return "null is no mapping.";
            yield break;
        }

        if (isJson && options.From.Length > 0 && !JsonPath.TryParse(options.From, out _))
        {
            yield return $"from: '{options.From}' is not a path of names and indices such as $.tax.levies[0].";
        }

        if (options.MayBeMissing && !isJson)
        {
            yield return "mayBeMissing: a query has its columns for everybody.";
        }

        if (!string.Equals(options.WhenNull, Omit, StringComparison.Ordinal) && !AbsenceReason.TryParse(options.WhenNull, out _))
        {
            yield return $"whenNull: '{options.WhenNull}' is not a reason ({Reasons}, or {Omit}).";
        }

        foreach (var reason in options.Absences.Values.Where(reason => !AbsenceReason.TryParse(reason, out _)))
        {
            yield return $"absences: '{reason}' is not a reason ({Reasons}).";
        }

        if (options.Codes.Values.Contains(null!) || options.True.Contains(null!) || options.False.Contains(null!))
        {
            yield return "null is no code and no word.";
        }

        if ((options.Codes.Count > 0 ? 1 : 0) + (options.Date.Length > 0 ? 1 : 0) + (options.Number ? 1 : 0) + (options.True.Count + options.False.Count > 0 ? 1 : 0) > 1)
        {
            yield return "give at most one of codes, date, number, and true with false.";
        }

        if (options.True.Count == 0 != (options.False.Count == 0) || options.True.Intersect(options.False, StringComparer.Ordinal).Any())
        {
            yield return "true and false go together, and no word is in both.";
        }

        if (options.Date.Length > 0 && !IsDate(options.Date))
        {
            yield return $"date: '{options.Date}' is neither '{Era}' nor a form such as yyyyMMdd or yyyy/M/d.";
        }

        if (options.Width is not ("" or "half" or "full"))
        {
            yield return "width: 'half' or 'full'.";
        }
    }

    private static string Reasons => string.Join(", ", AbsenceReason.All);

    /// <summary>A form that gives back every part of the day that is put into it.</summary>
    internal static bool IsDate(string form)
    {
        var day = new DateOnly(1999, 11, 30);
        return string.Equals(form, Era, StringComparison.Ordinal)
            || (form.Contains("yyyy", StringComparison.Ordinal) && form.All(each => "yMd/-. 年月日".Contains(each, StringComparison.Ordinal))
                && DateOnly.TryParseExact(day.ToString(form, CultureInfo.InvariantCulture), form, CultureInfo.InvariantCulture, DateTimeStyles.None, out var back) && back == day);
    }
}
