using System.Security.Cryptography;
using Dapper;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Identifiers;
using InfoLink.Tests.EndToEnd;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Links;

public sealed class LinkTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private static readonly LinkAct Clerk = new("係長", "確認した");
    private readonly LinkTable _links;

    public LinkTableTests() => _links = LinkTable.Open(_folder.Path("links.db"));

    public static TheoryData<string> OddIdentifiers => ["", " ", "横浜-一", "' OR '1'='1", "S-1'; DROP TABLE link; --", "a\0b", new string('x', 1000)];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_person_is_found_by_the_code_and_the_code_by_the_person()
    {
        var code = Fresh();
        await _links.PutAsync("S-1", code);
        Assert.Equal(code, await _links.CodeOfAsync("S-1", CancellationToken.None));
        Assert.Equal(new LinkedPerson("S-1"), await _links.PersonOfAsync(code, CancellationToken.None));
    }

    [Fact]
    public async Task Links_outlive_the_process()
    {
        var code = Fresh();
        await _links.PutAsync("S-1", code);
        Assert.Equal(code, await LinkTable.Open(_folder.Path("links.db")).CodeOfAsync("S-1", CancellationToken.None));
    }

    [Fact]
    public async Task Who_is_not_here_is_null_either_way()
    {
        Assert.Null(await _links.CodeOfAsync("nobody", CancellationToken.None));
        Assert.Null(await _links.PersonOfAsync(Fresh(), CancellationToken.None));
    }

    [Fact]
    public async Task A_withheld_person_is_not_here_for_others_and_can_still_be_asked_for()
    {
        var code = Fresh();
        await _links.PutAsync("S-1", code);
        Assert.True(await _links.MarkAsync("S-1", withheld: true));
        Assert.Null(await _links.PersonOfAsync(code, CancellationToken.None));
        Assert.Equal(code, await _links.CodeOfAsync("S-1", CancellationToken.None));
    }

    [Fact]
    public async Task A_quarantined_link_is_used_in_neither_direction()
    {
        var code = Fresh();
        await _links.PutAsync("S-1", code);
        await _links.MarkAsync("S-1", LinkState.Quarantined);
        Assert.Null(await _links.PersonOfAsync(code, CancellationToken.None));
        Assert.Null(await _links.CodeOfAsync("S-1", CancellationToken.None));
    }

    [Fact]
    public async Task A_person_who_is_not_answered_for_automatically_is_as_one_who_is_not_here()
    {
        var code = Fresh();
        await _links.PutAsync("S-1", code);
        await _links.MarkAsync("S-1", manualOnly: true);
        Assert.Null(await _links.PersonOfAsync(code, CancellationToken.None));
        Assert.Equal(code, await _links.CodeOfAsync("S-1", CancellationToken.None));
    }

    [Fact]
    public async Task A_new_code_takes_the_old_ones_place_and_leaves_the_marks()
    {
        var (old, next) = (Fresh(), Fresh());
        await _links.PutAsync("S-1", old);
        await _links.MarkAsync("S-1", withheld: true);
        await _links.PutAsync("S-1", next);
        Assert.Equal(next, await _links.CodeOfAsync("S-1", CancellationToken.None));
        Assert.Null(await _links.PersonOfAsync(old, CancellationToken.None));
        Assert.Null(await _links.PersonOfAsync(next, CancellationToken.None));
    }

    [Fact]
    public async Task Who_is_withheld_stays_so_when_the_link_is_taken_away_and_made_anew()
    {
        var (old, next) = (Fresh(), Fresh());
        await _links.PutAsync("S-1", old);
        await _links.MarkAsync("S-1", withheld: true);
        Assert.True((await _links.UnlinkAsync(LocalId.Of("S-1"), Clerk)).Done);
        await _links.PutAsync("S-1", next);
        Assert.Null(await _links.PersonOfAsync(next, CancellationToken.None));
        await _links.MarkAsync("S-1", withheld: false);
        Assert.NotNull(await _links.PersonOfAsync(next, CancellationToken.None));
        await _links.UnlinkAsync(LocalId.Of("S-1"), Clerk);
        await _links.PutAsync("S-1", next);
        Assert.NotNull(await _links.PersonOfAsync(next, CancellationToken.None));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_records_that_are_joined_the_one_that_is_withheld_counts(bool linked)
    {
        var code = Fresh();
        await _links.PutAsync("S-1", code);
        await _links.PutAsync("S-2", Fresh());
        await _links.MarkAsync("S-2", withheld: true);
        if (!linked)
        {
            await _links.UnlinkAsync(LocalId.Of("S-2"), Clerk);
        }

        Assert.True((await _links.JoinAsync(LocalId.Of("S-2"), LocalId.Of("S-1"), Clerk)).Done);
        Assert.Null(await _links.PersonOfAsync(code, CancellationToken.None));
    }

    [Fact]
    public async Task An_identifier_that_is_too_long_is_refused_and_not_repeated()
    {
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => _links.PutAsync(new string('x', LocalId.MaxLength + 1), Fresh()));
        Assert.DoesNotContain("xxxx", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Marks_can_be_taken_back()
    {
        var code = Fresh();
        await _links.PutAsync("S-1", code);
        await _links.MarkAsync("S-1", LinkState.Quarantined, withheld: true);
        Assert.True(await _links.MarkAsync("S-1", LinkState.Active, withheld: false));
        Assert.NotNull(await _links.PersonOfAsync(code, CancellationToken.None));
    }

    [Fact]
    public async Task Withholding_a_person_lifts_no_quarantine()
    {
        var code = Fresh();
        await _links.PutAsync("S-1", code);
        await _links.MarkAsync("S-1", LinkState.Quarantined);
        await _links.MarkAsync("S-1", withheld: true);
        await _links.MarkAsync("S-1", withheld: false);
        Assert.Null(await _links.PersonOfAsync(code, CancellationToken.None));
        await _links.MarkAsync("S-1", LinkState.Active);
        Assert.NotNull(await _links.PersonOfAsync(code, CancellationToken.None));
    }

    [Fact]
    public async Task Marking_nobody_says_so() => Assert.False(await _links.MarkAsync("nobody", withheld: true));

    [Fact]
    public async Task One_code_is_never_two_persons()
    {
        var code = Fresh();
        await _links.PutAsync("S-1", code);
        await Assert.ThrowsAsync<InvalidOperationException>(() => _links.PutAsync("S-2", code));
        Assert.Equal("S-1", (await _links.PersonOfAsync(code, CancellationToken.None))?.Id);
    }

    [Theory]
    [MemberData(nameof(OddIdentifiers))]
    public async Task Any_text_may_be_a_persons_identifier(string person)
    {
        var code = Fresh();
        await _links.PutAsync("S-1", Fresh());
        await _links.PutAsync(person, code);
        Assert.Equal(code, await _links.CodeOfAsync(person, CancellationToken.None));
        Assert.Equal(person, (await _links.PersonOfAsync(code, CancellationToken.None))?.Id);
        using var connection = new SqliteConnection($"Data Source={_folder.Path("links.db")}");
        Assert.Equal(2, connection.ExecuteScalar<long>("SELECT COUNT(*) FROM person"));
    }

    private static LinkCode Fresh() => new(7, RandomNumberGenerator.GetBytes(LinkCode.BlockLength));
}
