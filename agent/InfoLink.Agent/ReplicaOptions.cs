using InfoLink.Agent.Sources.Replicas;

namespace InfoLink.Agent;

/// <summary>
/// A copy (副本) of what an existing system has: a file that it exports, imported with <c>infolink-agent replica import</c> and kept sealed in <c>replica.db</c>. Answers come
/// from it while that system sleeps. <see cref="SourceOptions.Map"/> says which column is which item.
/// </summary>
public sealed class ReplicaOptions
{
    internal const string Csv = "csv";
    internal const string Fixed = "fixed";
    private const int MostHours = 8_760;

    /// <summary><c>csv</c> (RFC 4180, but a record is one line), or <c>fixed</c>: columns by their width.</summary>
    public string Format { get; set; } = Csv;

    /// <summary><c>utf-8</c>, with or without a byte order mark, or <c>shift_jis</c> (code page 932).</summary>
    public string Encoding { get; set; } = DeliveryFile.Utf8;

    /// <summary>For <c>fixed</c>: all columns in their order. For <c>csv</c>: their names where the file has no heading; empty where it has one.</summary>
    public IList<ReplicaColumnOptions> Columns { get; set; } = [];

    /// <summary>The column that holds the agency's own identifier of the person. Blanks at both ends are no part of it.</summary>
    public string Key { get; set; } = "";

    /// <summary>The column that holds the tax year that a record is of, in four digits (2026); empty: records are not by tax year.</summary>
    public string TaxYear { get; set; } = "";

    /// <summary>The column that holds the first day on which a record holds good; empty: a person has one record (of a tax year).</summary>
    public string ValidFrom { get; set; } = "";

    /// <summary>The column that holds its last day; nothing in it: until further notice.</summary>
    public string ValidTo { get; set; } = "";

    /// <summary>How <see cref="ValidFrom"/> and <see cref="ValidTo"/> are written: as <see cref="ItemMapOptions.Date"/> says.</summary>
    public string Date { get; set; } = "yyyyMMdd";

    /// <summary>What stands in <see cref="ValidTo"/> for no end, beside nothing: <c>["99999999"]</c>.</summary>
    public IList<string> OpenEnds { get; set; } = [];

    /// <summary>A delivery that is older, counted from the moment of its export, is an alarm; 0: none is. At most 8,760.</summary>
    public int MaxAgeHours { get; set; } = 36;

    /// <summary>From one that is older nothing is answered: the source is unavailable rather than out of date. 0: it is answered from, however old. At most 8,760.</summary>
    public int RefuseAfterHours { get; set; }

    /// <summary>How many deliveries are kept behind the one in use, to go back to; 0 to 10.</summary>
    public int Keep { get; set; } = 2;

    /// <summary>What is wrong with it, whatever the layout is.</summary>
    internal IEnumerable<string> Errors(IDictionary<string, ItemMapOptions>? map)
    {
        if (Format is not (Csv or Fixed))
        {
            yield return $"format: '{Csv}' or '{Fixed}'.";
        }

        if (!DeliveryFile.IsEncoding(Encoding))
        {
            yield return $"encoding: '{DeliveryFile.Utf8}' or '{DeliveryFile.ShiftJis}'.";
        }

        if (Key.Length == 0)
        {
            yield return "key: say which column holds the person's identifier.";
        }

        if (map is null)
        {
            yield return "a replica needs a map: which column is which item.";
        }

        if (ValidTo.Length > 0 && ValidFrom.Length == 0)
        {
            yield return "validTo needs validFrom.";
        }

        if (!ItemMapOptions.IsDate(Date))
        {
            yield return $"date: '{Date}' is neither '{ItemMapOptions.Era}' nor a form such as yyyyMMdd or yyyy/M/d.";
        }

        if (MaxAgeHours is < 0 or > MostHours || RefuseAfterHours is < 0 or > MostHours)
        {
            yield return "maxAgeHours and refuseAfterHours: 0 to 8,760.";
        }

        if (Keep is < 0 or > 10)
        {
            yield return "keep: 0 to 10.";
        }

        if (OpenEnds.Contains(null!) || Columns.Contains(null!))
        {
            yield return "null is neither a column nor an open end.";
            yield break;
        }

        foreach (var error in ColumnErrors(map))
        {
            yield return error;
        }
    }

    /// <summary>The columns that are read, each once: what decides which record it is, and what the map makes items of.</summary>
    internal IEnumerable<string> Wanted(IEnumerable<string> items) =>
        ((string[])[Key, TaxYear, ValidFrom, ValidTo, .. items]).Where(column => column.Length > 0).Distinct(StringComparer.Ordinal);

    /// <summary>The columns that a map makes items of.</summary>
    internal static IEnumerable<string> Of(IDictionary<string, ItemMapOptions>? map) =>
        (map?.Values ?? []).Select(item => item?.From ?? "").Where(column => column.Length > 0).Distinct(StringComparer.Ordinal);

    private IEnumerable<string> ColumnErrors(IDictionary<string, ItemMapOptions>? map)
    {
        var isFixed = string.Equals(Format, Fixed, StringComparison.Ordinal);
        if (isFixed && Columns.Count == 0)
        {
            yield return "columns: a file of fixed width needs all its columns, with their widths in bytes.";
        }

        foreach (var column in Columns.Where(column => isFixed ? column.Width is < 1 or > 10_000 : column.Width != 0))
        {
            yield return isFixed ? $"columns, {column.Name}: width: 1 to 10,000 bytes." : $"columns, {column.Name}: a column of CSV has no width.";
        }

        foreach (var twice in Columns.Where(column => column.Name.Length > 0).GroupBy(column => column.Name, StringComparer.Ordinal).Where(same => same.Skip(1).Any()))
        {
            yield return $"columns: '{twice.Key}' stands there twice.";
        }

        foreach (var missing in Columns.Count == 0 ? [] : Wanted(Of(map)).Where(wanted => Columns.All(column => !string.Equals(column.Name, wanted, StringComparison.Ordinal))))
        {
            yield return $"columns: there is no '{missing}'.";
        }
    }
}

/// <summary>A column of a file that does not name its columns itself.</summary>
public sealed class ReplicaColumnOptions
{
    /// <summary>Its name; empty: it is passed over.</summary>
    public string Name { get; set; } = "";

    /// <summary>For <c>fixed</c>: how many bytes it takes in the file's encoding.</summary>
    public int Width { get; set; }
}
