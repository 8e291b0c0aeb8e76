using InfoLink.Agent;
using InfoLink.Agent.Testing;
using Xunit;

namespace InfoLink.Tests.House;

/// <summary>What other people's programs are written against changes on purpose only.</summary>
public sealed class PublicSurfaceTests
{
    private const string Update = "INFOLINK_UPDATE_PUBLIC_SURFACE";

    [Fact]
    public void The_packages_public_surface_is_the_one_on_record()
    {
        var path = RepositoryRoot.Path("agent", "public-surface.txt");
        var now = PublicSurface.Of(typeof(InfoLinkAgent).Assembly, typeof(InMemoryNetwork).Assembly);
        if (Environment.GetEnvironmentVariable(Update) is "1")
        {
            File.WriteAllText(path, now);
        }

        var (before, after) = (File.Exists(path) ? File.ReadAllLines(path) : [], now.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        var changes = before.Except(after, StringComparer.Ordinal).Select(line => $"- {line}").Concat(after.Except(before, StringComparer.Ordinal).Select(line => $"+ {line}")).Take(50).ToList();
        Assert.True(
            before.SequenceEqual(after, StringComparer.Ordinal),
            $"The public surface of InfoLink.Agent or of what it shows has changed. If that is meant: {Update}=1 tests/run PublicSurface, look at the difference of agent/public-surface.txt, and say it in CHANGELOG.md.\n{string.Join('\n', changes)}");
    }

    [Fact]
    public void Nothing_of_the_wire_stands_in_it()
    {
        var surface = PublicSurface.Of(typeof(InfoLinkAgent).Assembly, typeof(InMemoryNetwork).Assembly);
        Assert.DoesNotContain("Grpc.", surface, StringComparison.Ordinal);
        Assert.Contains("InfoLink.Agent: sealed class InfoLink.Agent.InfoLinkAgent\n", surface, StringComparison.Ordinal);
        Assert.Contains("  InfoLink.Contracts.Catalog.StatuteCatalog Catalog { get; }\n", surface, StringComparison.Ordinal);
        Assert.Contains("string? Value(string kind, string item)\n", surface, StringComparison.Ordinal);
        Assert.Contains("InfoLink.Contracts: class InfoLink.Contracts.Refusals.RefusedException : Exception", surface, StringComparison.Ordinal);
    }
}
