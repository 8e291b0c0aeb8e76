using System.Text.RegularExpressions;
using InfoLink.Contracts.Refusals;
using Xunit;

namespace InfoLink.Tests.House;

/// <summary>Prose that names code rots, so documents link to files, and every link leads somewhere.</summary>
public sealed partial class DocumentTests
{
    [Fact]
    public void Every_link_in_the_documents_leads_somewhere()
    {
        var documents = Documents().ToList();

        Assert.True(documents.Count >= 5, "README, SPEC, DECISIONS, CHANGELOG and more are expected.");
        Assert.Empty(documents.SelectMany(DeadLinks));
    }

    [Fact]
    public void The_specification_names_every_refusal_with_its_status()
    {
        var specification = File.ReadAllText(RepositoryRoot.Path("contracts", "SPEC.md"));

        Assert.Empty(RefusalTable.All.Where(row => !specification.Contains($"| {row.Text} |", StringComparison.Ordinal)).Select(row => row.Text));
    }

    private static IEnumerable<string> DeadLinks(string document)
    {
        var text = File.ReadAllText(document);
        var folder = Path.GetDirectoryName(document)!;
        foreach (Match match in Link().Matches(text))
        {
            var target = match.Groups["target"].Value;
            if (target.StartsWith("http", StringComparison.Ordinal))
            {
                continue;
            }

            var parts = target.Split('#');
            var path = parts[0].Length == 0 ? document : Path.GetFullPath(Path.Combine(folder, parts[0]));
            if (!File.Exists(path) && !Directory.Exists(path))
            {
                yield return $"{Path.GetRelativePath(RepositoryRoot.Path(), document)}: {target}";
            }
            else if (parts.Length == 2 && path.EndsWith(".md", StringComparison.Ordinal) && !Anchors(path).Contains(parts[1]))
            {
                yield return $"{Path.GetRelativePath(RepositoryRoot.Path(), document)}: no heading for {target}";
            }
        }
    }

    private static HashSet<string> Anchors(string document) =>
        [.. Heading().Matches(File.ReadAllText(document)).Select(match => NotInAnchor().Replace(match.Groups["heading"].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'))];

    private static IEnumerable<string> Documents() => Directory.EnumerateFiles(RepositoryRoot.Path(), "*.md", SearchOption.AllDirectories)
        .Where(path => !path.Contains("node_modules", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal));

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+\s+(?<heading>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N}\- _]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex NotInAnchor();
}
