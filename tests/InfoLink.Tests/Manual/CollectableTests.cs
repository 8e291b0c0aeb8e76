using InfoLink.Agent.Links;
using InfoLink.Agent.Manual;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Tokens;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Tokens;
using Xunit;

namespace InfoLink.Tests.Manual;

/// <summary>What a token that continues an exchange may have of the queue: its own question, and nothing near it.</summary>
public sealed class CollectableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LeapingClock _clock = LeapingClock.Standing();
    private readonly QueueContent _content = new(new byte[32]);
    private readonly WaitingQuestions _queue;
    private readonly LinkCode _code = new(1, new byte[LinkCode.BlockLength]);
    private readonly TokenClaims _asked = SomeClaims.Make();
    private readonly InquiryConditions _conditions = new() { TaxYear = 2026 };

    public CollectableTests()
    {
        Directory.CreateDirectory(_folder.Path("data"));
        _queue = new WaitingQuestions(QueueStore.Open(_folder.Path("data", "queue.db")), _content, new ManualOptions(), _clock);
    }

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_same_requester_entry_role_kinds_and_conditions_have_it_until_the_deadline()
    {
        await AskAsync([LocalId.Of("S-1")]);
        Assert.Single(await CollectAsync(Again));
        _clock.Leap(TimeSpan.FromDays(2));
        Assert.Empty(await CollectAsync(Again));
    }

    [Fact]
    public async Task Whoever_differs_in_one_thing_has_nothing()
    {
        await AskAsync([LocalId.Of("S-1")]);
        Assert.Empty(await CollectAsync(Again with { Requester = AgencyId.Parse("999999") }));
        Assert.Empty(await CollectAsync(Again with { Entry = EntryId.Parse("other.entry") }));
        Assert.Empty(await CollectAsync(Again with { Role = SubjectRole.Parse("somebody-else") }));
        Assert.Empty(await CollectAsync(Again with { Kinds = [KindId.Parse("other-kind")] }));
        Assert.Empty(await CollectAsync(Again with { Kinds = [.. Again.Kinds, KindId.Parse("other-kind")] }));
        Assert.Empty(await CollectAsync(Again with { Continues = ExchangeId.New() }));
        Assert.Empty(await _queue.CollectableAsync(Again, new InquiryConditions { TaxYear = 2025 }, CancellationToken.None));
    }

    [Fact]
    public async Task It_is_about_the_person_who_was_meant_under_whatever_code()
    {
        await AskAsync([LocalId.Of("S-1")]);
        var question = Assert.Single(await CollectAsync(Again));
        var newer = new LinkCode(2, new byte[LinkCode.BlockLength]);
        Assert.True(question.IsAbout(_code, new LinkedPerson("S-1")));
        Assert.True(question.IsAbout(newer, new LinkedPerson("S-1"))); // Her code of the next epoch.
        Assert.False(question.IsAbout(_code, new LinkedPerson("S-2"))); // The code is somebody else's by now.
        Assert.True(question.IsAbout(_code, person: null)); // Withheld since.
        Assert.False(question.IsAbout(newer, person: null));
    }

    [Fact]
    public async Task Who_was_not_here_is_found_by_the_code_alone()
    {
        await AskAsync([]);
        var question = Assert.Single(await CollectAsync(Again));
        Assert.True(question.IsAbout(_code, person: null));
        Assert.True(question.IsAbout(_code, new LinkedPerson("S-1"))); // Released since.
        Assert.False(question.IsAbout(new LinkCode(2, new byte[LinkCode.BlockLength]), person: null));
        Assert.False(question.IsAbout(new LinkCode(2, new byte[LinkCode.BlockLength]), new LinkedPerson("S-1")));
    }

    [Fact]
    public async Task What_was_sealed_for_one_place_opens_in_no_other_and_under_no_other_key()
    {
        await AskAsync([LocalId.Of("S-1")]);
        var row = Assert.Single(await CollectAsync(Again)).Row;
        Assert.Throws<InvalidOperationException>(() => _content.OpenAsked(row.Exchange, row.Index + 1, row.Content!));
        Assert.Throws<InvalidOperationException>(() => _content.OpenAsked(ExchangeId.New(), row.Index, row.Content!));
        Assert.Throws<InvalidOperationException>(() => _content.OpenAnswer(row.Exchange, row.Index, row.Content!));
        Assert.Throws<InvalidOperationException>(() => new QueueContent([.. Enumerable.Repeat((byte)1, 32)]).OpenAsked(row.Exchange, row.Index, row.Content!));
        Assert.Throws<InvalidOperationException>(() => _content.OpenAsked(row.Exchange, row.Index, [.. row.Content![..^1], (byte)(row.Content[^1] ^ 1)]));
    }

    private TokenClaims Again => _asked with { ExchangeId = ExchangeId.New(), Continues = _asked.ExchangeId };

    private async Task AskAsync(IReadOnlyList<LocalId> ids)
    {
        var kinds = _asked.Kinds.OrderBy(kind => kind.Value, StringComparer.Ordinal).ToList();
        Assert.True(await _queue.QueueAsync(_asked, [(0, new AskedAbout(_code, _asked.Role, kinds, _conditions, QueueCause.Entry, ids))], _clock.GetUtcNow() + TimeSpan.FromDays(1)));
    }

    private Task<IReadOnlyList<Queued>> CollectAsync(TokenClaims claims) => _queue.CollectableAsync(claims, _conditions, CancellationToken.None);
}
