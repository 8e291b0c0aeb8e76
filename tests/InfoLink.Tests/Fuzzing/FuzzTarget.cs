namespace InfoLink.Tests.Fuzzing;

/// <summary>Something that reads what comes from outside.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Form">How its inputs are built.</param>
/// <param name="Corpus">Good inputs; at least one. The reader must take each, else the target fuzzes nothing.</param>
/// <param name="Read">True: taken; false: refused. May throw the named exceptions, and <see cref="FuzzFindingException"/> where something is taken that must not be.</param>
/// <param name="Named">What it may throw, to the type: what its documentation says.</param>
internal sealed record FuzzTarget(string Name, Form Form, IReadOnlyList<byte[]> Corpus, Func<byte[], bool> Read, params Type[] Named)
{
    /// <summary>What it reads is secret: no part of it may stand in an error.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Share of the time.</summary>
    public int Weight { get; init; } = 1;

    public override string ToString() => Name;
}

/// <summary>A reader did what no input may make it do.</summary>
internal sealed class FuzzFindingException(string what) : Exception(what);
