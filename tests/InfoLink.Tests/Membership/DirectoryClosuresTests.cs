using System.Collections.Frozen;
using System.Collections.Immutable;
using InfoLink.Authoring;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;
using InfoLink.Samples.Network;
using Xunit;

namespace InfoLink.Tests.Membership;

/// <summary>Closures in the directory are read as the broker wrote them, or not at all.</summary>
public sealed class DirectoryClosuresTests
{
    private static readonly AgencyId Agency = AgencyId.Parse(NetworkFolder.Provider);
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void They_are_read_as_they_were_written_and_change_what_the_directory_says()
    {
        var directory = With(Hours(0, 1), Hours(2, 3));
        var read = Documents.Directory(DirectoryFile.Draft(directory));
        Assert.True(read.SaysTheSameAs(directory));
        Assert.False(read.SaysTheSameAs(With(Hours(0, 1), Hours(2, 4))));
        Assert.False(read.SaysTheSameAs(With(Hours(0, 1))));
        Assert.Equal([Hours(0, 1), Hours(2, 3)], read.ClosedOf(Agency));
        Assert.Empty(read.ClosedOf(AgencyId.Parse(NetworkFolder.Requester)));
        Assert.DoesNotContain("closed", Text(With([])), StringComparison.Ordinal); // Nobody closed: the directory as it was before there were hours.
    }

    [Fact]
    public void What_is_over_is_left_out()
    {
        var directory = With(Hours(0, 1), Hours(2, 3));
        Assert.Same(directory, directory.At(Start));
        Assert.Equal([Hours(2, 3)], directory.At(Start.AddHours(1)).ClosedOf(Agency));
        Assert.Empty(directory.At(Start.AddHours(3)).Closed);
    }

    [Fact]
    public void As_many_as_there_may_be_are_read_and_one_more_is_not()
    {
        ImmutableArray<Closure> most = [.. Enumerable.Range(0, Closure.Most).Select(i => Hours(2 * i, (2 * i) + 1))];
        Assert.Equal(Closure.Most, Documents.Directory(DirectoryFile.Draft(With([.. most]))).ClosedOf(Agency).Length);
        Refused(DirectoryFile.Draft(With([.. most, Hours(1_000, 1_001)])));
    }

    public static TheoryData<string, int[]> Wrong => new()
    {
        { "touching", [0, 1, 1, 2] },
        { "overlapping", [0, 2, 1, 3] },
        { "one within the other", [0, 5, 1, 2] },
        { "out of order", [4, 5, 0, 1] },
        { "backwards", [2, 1] },
        { "no time at all", [1, 1] },
        { "longer than 400 days", [0, (400 * 24) + 1] },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_breaks_the_rules_is_refused_whole(string what, int[] hours)
    {
        Assert.NotEmpty(what);
        Refused(DirectoryFile.Draft(With([.. hours.Chunk(2).Select(pair => Hours(pair[0], pair[1]))])));
    }

    [Theory]
    [InlineData("\"until\":\"2026-11-23T13:00:00Z\"", "\"until\":\"2026-11-23T13:00:00+00:00\"")]
    [InlineData("\"until\":\"2026-11-23T13:00:00Z\"", "\"until\":\"2026-11-23T13:00:00.5Z\"")]
    [InlineData("\"until\":\"2026-11-23T13:00:00Z\"", "\"until\":\"2026-11-23T13:00:00Z\",\"why\":\"disks\"")]
    [InlineData(",\"until\":\"2026-11-23T13:00:00Z\"", "")]
    [InlineData("{\"from\":\"2026-11-23T12:00:00Z\",\"until\":\"2026-11-23T13:00:00Z\"}", "")]
    [InlineData("\"131121\"", "\"Setagaya\"")]
    public void Another_form_is_refused(string good, string bad)
    {
        var text = Text(With(Hours(0, 1)));
        Assert.Contains(good, text, StringComparison.Ordinal);
        Refused(SignedDocument.Draft(System.Text.Encoding.UTF8.GetBytes(text.Replace(good, bad, StringComparison.Ordinal))));
    }

    private static string Text(BrokerDirectory directory) => System.Text.Encoding.UTF8.GetString(DirectoryFile.Draft(directory).Payload.Span);

    private static void Refused(SignedDocument document) => Assert.Throws<DocumentException>(() => Documents.Directory(document));

    private static Closure Hours(int from, int until) => new(Start.AddHours(from), Start.AddHours(until));

    private static BrokerDirectory With(params Closure[] closed) => new()
    {
        Platform = NetworkFolder.Platform,
        Serial = 5,
        Issued = Start,
        Closed = closed.Length == 0 ? FrozenDictionary<AgencyId, ImmutableArray<Closure>>.Empty : new Dictionary<AgencyId, ImmutableArray<Closure>> { [Agency] = [.. closed] }.ToFrozenDictionary(),
    };
}
