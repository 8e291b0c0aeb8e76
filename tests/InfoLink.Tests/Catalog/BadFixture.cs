using System.Collections.Immutable;
using System.Globalization;
using InfoLink.Authoring;
using Xunit;

namespace InfoLink.Tests.Catalog;

/// <summary>
/// A file with an accident in it. Its first comments say what happened and what the reader must say of it:
/// <c># expects line | field | part of the message</c>, in the order of the lines.
/// </summary>
internal sealed record BadFixture(string Path, ImmutableArray<AuthoringError> Expected)
{
    private const string Mark = "# expects ";

    public static IEnumerable<string> NamesIn(params string[] folder) =>
        Directory.EnumerateFiles(RepositoryRoot.Path(folder), "*.yaml")
            .Select(path => System.IO.Path.GetFileNameWithoutExtension(path))
            .Order(StringComparer.Ordinal);

    public static BadFixture Read(params string[] path)
    {
        var file = RepositoryRoot.Path(path) + ".yaml";
        var expected = File.ReadLines(file)
            .TakeWhile(line => line.StartsWith('#'))
            .Where(line => line.StartsWith(Mark, StringComparison.Ordinal))
            .Select(line => line[Mark.Length..].Split('|', 3, StringSplitOptions.TrimEntries))
            .Select(parts => new AuthoringError(file, int.Parse(parts[0], CultureInfo.InvariantCulture), parts[1], parts[2]));
        return new BadFixture(file, [.. expected]);
    }

    /// <summary>Exactly the expected errors: no more, no fewer, at their lines and fields.</summary>
    public void Matches<T>(Loaded<T> loaded)
        where T : class
    {
        Assert.NotEmpty(Expected);
        var found = Assert.IsType<Loaded<T>.Broken>(loaded).Errors;
        Assert.Equal(
            Expected.Select(error => $"{error.Line} | {error.Field}"),
            found.Select(error => $"{error.Line} | {error.Field}"),
            StringComparer.Ordinal);
        foreach (var (expected, error) in Expected.Zip(found))
        {
            Assert.Contains(expected.Message, error.Message, StringComparison.Ordinal);
            Assert.Equal(Path, error.File);
        }
    }
}
