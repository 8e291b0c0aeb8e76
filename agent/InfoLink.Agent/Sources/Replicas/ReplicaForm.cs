using System.Globalization;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Sources.Replicas;

/// <summary>Which field of a file's record is what: the person, the conditions under which the record is the answer, and what the map makes items of.</summary>
internal sealed class ReplicaForm
{
    private readonly ReplicaOptions _options;
    private readonly int _fields;
    private readonly int _key;
    private readonly int? _taxYear;
    private readonly int? _validFrom;
    private readonly int? _validTo;
    private readonly int[] _kept;

    private ReplicaForm(ReplicaOptions options, IReadOnlyList<string> heading, IReadOnlyList<string> kept)
    {
        (_options, _fields, Kept) = (options, heading.Count, kept);
        var places = heading.Index().ToLookup(column => column.Item, column => column.Index, StringComparer.Ordinal);
        _key = places[options.Key].First();
        _taxYear = Place(options.TaxYear);
        _validFrom = Place(options.ValidFrom);
        _validTo = Place(options.ValidTo);
        _kept = [.. kept.Select(column => places[column].First())];

        int? Place(string column) => column.Length == 0 ? null : places[column].First();
    }

    /// <summary>The columns that are kept, in their order: no others are.</summary>
    public IReadOnlyList<string> Kept { get; }

    /// <param name="options">The replica's.</param>
    /// <param name="kept">The columns that the map reads.</param>
    /// <param name="heading">The file's columns.</param>
    /// <exception cref="FormatException">A column is missing or there twice. What a file's heading says is not repeated: it may be a record.</exception>
    public static ReplicaForm Of(ReplicaOptions options, IReadOnlyList<string> kept, IReadOnlyList<string> heading)
    {
        var wanted = options.Wanted(kept).ToList();
        List<string> faults = [.. wanted.Where(column => !heading.Contains(column, StringComparer.Ordinal)).Select(column => $"the heading has no column '{column}'.")];
        foreach (var same in heading.Index().GroupBy(column => column.Item, StringComparer.Ordinal).Where(same => same.Key.Length > 0 && same.Skip(1).Any()))
        {
            faults.Add(wanted.Contains(same.Key, StringComparer.Ordinal)
                ? $"the heading has the column '{same.Key}' twice."
                : $"the heading has one name in columns {string.Join(" and ", same.Select(column => (column.Index + 1).ToString(CultureInfo.InvariantCulture)))}.");
        }

        return faults.Count == 0 ? new ReplicaForm(options, heading, kept) : throw new FormatException(string.Join('\n', faults.Select(fault => $"line 1: {fault}")));
    }

    /// <returns>Null: it is no record; the faults say why.</returns>
    public ReplicaRow? Read(IReadOnlyList<string> fields, long line, Action<string?, string> fault)
    {
        if (fields.Count != _fields)
        {
            fault(null, $"{fields.Count} fields, and the heading has {_fields}. A comma within a field needs quotes around it.");
            return null;
        }

        var row = new ReplicaRow(line, fields[_key].Trim(), Year(fields, fault), Day(fields, _validFrom, _options.ValidFrom, fault), Day(fields, _validTo, _options.ValidTo, fault), [.. _kept.Select(at => fields[at])]);
        if (row.Person.Length == 0)
        {
            fault(_options.Key, "no identifier.");
        }
        else if (row.Person.Length > 200 || row.Person.Any(char.IsControl))
        {
            fault(_options.Key, "more than 200 characters, or one that is not written.");
        }
        else if (IndividualNumber.IsWrittenIn(row.Person))
        {
            fault(_options.Key, "this reads as an individual number, which is nobody's key.");
        }

        if (row.ValidFrom > row.ValidTo)
        {
            fault(_options.ValidTo, "it lies before the first day.");
        }

        return row;
    }

    private int? Year(IReadOnlyList<string> fields, Action<string?, string> fault)
    {
        if (_taxYear is not { } at)
        {
            return null;
        }

        if (fields[at].Trim() is { Length: 4 } text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var year))
        {
            return year;
        }

        fault(_options.TaxYear, "this is not a year in four digits.");
        return null;
    }

    private DateOnly? Day(IReadOnlyList<string> fields, int? place, string column, Action<string?, string> fault)
    {
        if (place is not { } at)
        {
            return null;
        }

        var text = fields[at].Trim();
        if (place == _validTo && (text.Length == 0 || _options.OpenEnds.Contains(text, StringComparer.Ordinal)))
        {
            return null;
        }

        var day = ItemMapping.Day(text, _options.Date);
        if (day is null)
        {
            fault(column, $"this is not a whole day in the form '{_options.Date}'.");
        }

        return day;
    }
}

/// <summary>One record of a delivery. Never prints what it holds.</summary>
/// <param name="Line">Of the file.</param>
/// <param name="Person">The agency's own identifier.</param>
/// <param name="TaxYear">That it is of; null: of none.</param>
/// <param name="ValidFrom">Its first day; null: it always holds good.</param>
/// <param name="ValidTo">Its last; null: until further notice.</param>
/// <param name="Values">In the order of the columns that are kept.</param>
internal sealed record ReplicaRow(long Line, string Person, int? TaxYear, DateOnly? ValidFrom, DateOnly? ValidTo, IReadOnlyList<string> Values)
{
    /// <summary>Both hold good on some day.</summary>
    public bool Overlaps(ReplicaRow other) => ValidFrom <= (other.ValidTo ?? DateOnly.MaxValue) && other.ValidFrom <= (ValidTo ?? DateOnly.MaxValue);

    /// <summary>It holds good from the first to the last of these days.</summary>
    public bool Covers(DateOnly first, DateOnly last) => (ValidFrom ?? DateOnly.MinValue) <= first && last <= (ValidTo ?? DateOnly.MaxValue);

    public override string ToString() => $"ReplicaRow({Line}, redacted)";
}
