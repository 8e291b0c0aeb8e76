using InfoLink.Contracts.Catalog;

namespace InfoLink.Agent.Sources;

/// <summary>What an existing system says of one person, in its own words: a row, or a JSON object. Never prints a value.</summary>
/// <param name="Fields">Columns, or the object's own members.</param>
/// <param name="Find">The value at a column, or at a path. A pure function.</param>
internal sealed record SourceRecord(IReadOnlyDictionary<string, RawValue> Fields, Func<string, RawValue> Find)
{
    private const string AbsentSuffix = ":absent";

    /// <summary>Without a map: fields are items; a null is absent for the reason in <c>item:absent</c>, or not recorded.</summary>
    /// <exception cref="InvalidOperationException">A field has no text.</exception>
    public Items ToItems()
    {
        var items = new Items();
        foreach (var (field, value) in Fields.Where(pair => !pair.Key.EndsWith(AbsentSuffix, StringComparison.Ordinal)))
        {
            switch (value)
            {
                case RawValue.Written written:
                    items.Add(field, written.Text);
                    break;
                case RawValue.Formless formless:
                    throw new InvalidOperationException($"A field of type {formless.Type} has no canonical text.");
                default:
                    var given = (Fields.GetValueOrDefault(field + AbsentSuffix) as RawValue.Written)?.Text;
                    items.Add(field, AbsenceReason.TryParse(given, out var known) ? known : AbsenceReason.NotRecorded);
                    break;
            }
        }

        return items;
    }

    public override string ToString() => nameof(SourceRecord);
}

/// <summary>One value as an existing system has it.</summary>
internal abstract record RawValue
{
    private RawValue()
    {
    }

    /// <summary>In canonical text, where its type has one: a database's date is 2026-05-15.</summary>
    public sealed record Written(string Text) : RawValue
    {
        public override string ToString() => "(a value)";
    }

    public sealed record Null : RawValue;

    /// <summary>There is no such column or member.</summary>
    public sealed record Missing : RawValue;

    /// <summary>Bytes, a list, an object: nothing that one item could hold.</summary>
    public sealed record Formless(string Type) : RawValue;
}

/// <summary>Reads one person's record.</summary>
/// <remarks>MUST give the record of exactly the person asked for, or null. MAY throw. MUST heed the cancellation. Called in parallel.</remarks>
internal interface IRecordSource
{
    Task<SourceRecord?> FindAsync(InformationRequest request, CancellationToken cancellation);
}
