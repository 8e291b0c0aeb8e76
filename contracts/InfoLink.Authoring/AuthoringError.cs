using System.Collections.Immutable;

namespace InfoLink.Authoring;

/// <summary>One thing wrong with an authored file.</summary>
/// <param name="File">The file's name as it was given.</param>
/// <param name="Line">From 1; 0 where the whole file is meant (missing, too large).</param>
/// <param name="Field">Path of the field, e.g. <c>entries[106.municipality.108-1-ro].conditions.taxYear</c>; empty for the file.</param>
/// <param name="Message">Cause and way out.</param>
public sealed record AuthoringError(string File, int Line, string Field, string Message)
{
    /// <summary>As compilers write it, so that editors can jump there.</summary>
    public override string ToString() => Field.Length == 0 ? $"{File}:{Line}: {Message}" : $"{File}:{Line}: {Field}: {Message}";
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

    public bool IsEmpty => _errors.Count == 0;

    public IReadOnlyList<AuthoringError> All => _errors;

    public void Add(int line, string field, string message)
    {
        if (_errors.Count < Most)
        {
            _errors.Add(new AuthoringError(file, line, field, message));
        }
    }

    public Loaded<T> Broken<T>()
        where T : class => new Loaded<T>.Broken([.. _errors.OrderBy(error => error.Line)]);
}
