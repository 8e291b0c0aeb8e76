using System.Collections.Immutable;

namespace InfoLink.Authoring;

/// <summary>One thing wrong with an authored file or a document.</summary>
/// <param name="File">The file's name as it was given, or the kind of a signed document.</param>
/// <param name="Line">From 1; 0 where the whole file is meant (missing, too large) and in canonical JSON, which is one line: there the path says where.</param>
/// <param name="Field">Path of the field, e.g. <c>entries[106.municipality.108-1-ro].conditions.taxYear</c>; empty for the file.</param>
/// <param name="Message">Cause and way out.</param>
public sealed record AuthoringError(string File, int Line, string Field, string Message)
{
    /// <summary>The catalog entry that it is about; null: none.</summary>
    public LawPlace? Law { get; init; }

    /// <summary>As compilers write it, so that editors can jump there; behind it the entry with its row and leaf.</summary>
    public override string ToString() =>
        $"{File}:{(Line > 0 ? $"{Line}:" : "")} {(Field.Length == 0 ? "" : $"{Field}: ")}{Message}{(Law is { } law ? $" ({law})" : "")}";
}

/// <summary>Where in the law an entry stands, as far as its file could be read.</summary>
/// <param name="Entry">The entry's id.</param>
/// <param name="Row">Row of the table in article 2 of the Order; empty where the entry does not say.</param>
/// <param name="Leaf">Article, item and sub-item; empty where the entry does not say.</param>
public sealed record LawPlace(string Entry, string Row, string Leaf)
{
    public override string ToString() =>
        $"entry {Entry}{(Row.Length == 0 ? "" : $", row {Row} of the Order's table")}{(Leaf.Length == 0 ? "" : $", leaf {Leaf}")}";
}

/// <summary>What became of an authored file: everything in it, or every error in it. Nothing is ever half read.</summary>
public abstract record Loaded<T>
    where T : class
{
    private Loaded()
    {
    }

    public sealed record Whole(T Value) : Loaded<T>;

    /// <param name="Errors">At least one, ascending by line.</param>
    public sealed record Broken(ImmutableArray<AuthoringError> Errors) : Loaded<T>;
}

/// <summary>Collects errors while a file is read to its end.</summary>
internal sealed class ErrorSheet(string file)
{
    // A file that is wrong throughout (another format, a merge gone bad) needs no more than this to be recognised.
    private const int Most = 1_000;
    private readonly List<AuthoringError> _errors = [];
    private LawPlaces _places = LawPlaces.None;

    public bool IsEmpty => _errors.Count == 0;

    /// <summary>Each with the entry that it is in, ascending by line.</summary>
    public ImmutableArray<AuthoringError> All =>
        [.. _errors.OrderBy(error => error.Line).Select(error => error.Law is null ? error with { Law = _places.Of(error.Field) } : error)];

    public void Add(int line, string field, string message, LawPlace? law = null)
    {
        if (_errors.Count < Most)
        {
            _errors.Add(new AuthoringError(file, line, field, message) { Law = law });
        }
    }

    /// <summary>Errors inside these entries name them, also those that were found before anybody knew that these were entries.</summary>
    public LawPlaces Know(Spot? entries) => _places = LawPlaces.In(entries);

    public Loaded<T> Broken<T>()
        where T : class => new Loaded<T>.Broken(All);
}
