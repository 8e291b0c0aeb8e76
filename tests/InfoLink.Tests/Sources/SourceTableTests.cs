using InfoLink.Agent.Sources;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Tests.Catalog;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Microsoft.Extensions.Logging;
using Xunit;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;
using StatuteCatalog = InfoLink.Contracts.Catalog.StatuteCatalog;

namespace InfoLink.Tests.Sources;

public sealed class SourceTableTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly LeapingClock _clock = LeapingClock.Standing();
    private readonly Journal _journal = new();
    private readonly StatuteCatalog _catalog = SmallestCatalog.Load();

    [Fact]
    public async Task What_a_source_gives_within_the_layout_is_the_answer()
    {
        var outcome = await ReadAsync((_, _) => Task.FromResult<Items?>(Good()));
        Assert.Single(Assert.IsType<Outcome<IReadOnlyDictionary<KindId, Items>>.Done>(outcome).Value);
    }

    [Fact]
    public async Task Nothing_is_not_available() => Assert.Equal(RefusalName.NotAvailable, (await RefusalAsync((_, _) => Task.FromResult<Items?>(null))).Name);

    [Fact]
    public async Task What_a_source_throws_stays_here()
    {
        var refusal = await RefusalAsync((_, _) => throw new InvalidOperationException("SECRET-TEXT of the existing system"));
        Assert.Equal(RefusalName.SourceUnavailable, refusal.Name);
        Assert.DoesNotContain("SECRET", refusal.ToString(), StringComparison.Ordinal);
        Assert.Contains("InvalidOperationException", Logged, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", Logged, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_outside_the_layout_names_the_item_and_never_the_value()
    {
        var refusal = await RefusalAsync((_, _) => Task.FromResult<Items?>(Bad("SECRET-VALUE")));
        Assert.Equal(RefusalName.LayoutViolation, refusal.Name);
        Assert.Contains("amount", refusal.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", refusal.ToString(), StringComparison.Ordinal);
        Assert.Contains("amount", Logged, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", Logged, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_item_that_the_layout_does_not_have_is_refused_and_its_text_not_repeated()
    {
        var refusal = await RefusalAsync((_, _) =>
        {
            var items = Good();
            items.Add("SECRET name 山田", "1");
            return Task.FromResult<Items?>(items);
        });
        Assert.Equal(RefusalName.LayoutViolation, refusal.Name);
        Assert.DoesNotContain("SECRET", refusal + Logged, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_that_heeds_its_cancellation_is_given_up_after_its_time()
    {
        var reading = RefusalAsync(async (_, stop) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _clock, stop);
            return Good();
        });
        Assert.Equal(RefusalName.SourceUnavailable, (await AfterTheLimitAsync(reading)).Name);
    }

    [Fact]
    public async Task A_source_that_heeds_no_cancellation_is_given_up_all_the_same()
    {
        var never = new TaskCompletionSource<Items?>();
        Assert.Equal(RefusalName.SourceUnavailable, (await AfterTheLimitAsync(RefusalAsync((_, _) => never.Task))).Name);
    }

    [Fact]
    public async Task A_source_that_blocks_its_thread_is_given_up_all_the_same()
    {
        using var release = new ManualResetEventSlim();
        var reading = Task.Run(() => RefusalAsync((_, _) =>
        {
            release.Wait(Patience);
            return Task.FromResult<Items?>(Good());
        }));
        try
        {
            Assert.Equal(RefusalName.SourceUnavailable, (await AfterTheLimitAsync(reading)).Name);
            Assert.False(release.IsSet);
        }
        finally
        {
            release.Set();
        }
    }

    [Fact]
    public async Task A_requester_that_goes_away_is_no_fault_of_the_source()
    {
        using var gone = new CancellationTokenSource();
        var reading = ReadAsync(
            async (_, stop) =>
            {
                await gone.CancelAsync();
                stop.ThrowIfCancellationRequested();
                return null;
            },
            gone.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(Patience));
        _journal.AssertNoUnexpectedError();
    }

    [Fact]
    public void Items_print_no_value() => Assert.DoesNotContain("300", Good().ToString(), StringComparison.Ordinal);

    /// <summary>The time passes in leaps until the read is over, within the test's patience.</summary>
    private async Task<Contracts.Refusals.Refusal> AfterTheLimitAsync(Task<Contracts.Refusals.Refusal> reading)
    {
        for (var tries = 0; tries < 300 && !reading.IsCompleted; tries++)
        {
            await Task.WhenAny(reading, Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System));
            _clock.Leap(Limit);
        }

        Assert.True(reading.IsCompleted, "The source is still waited for, long after its time.");
        return await reading;
    }

    private async Task<Contracts.Refusals.Refusal> RefusalAsync(Func<InformationRequest, CancellationToken, Task<Items?>> read) =>
        Assert.IsType<Outcome<IReadOnlyDictionary<KindId, Items>>.Refused>(await ReadAsync(read)).Refusal;

    private Task<Outcome<IReadOnlyDictionary<KindId, Items>>> ReadAsync(
        Func<InformationRequest, CancellationToken, Task<Items?>> read, CancellationToken cancellation = default)
    {
        var table = new SourceTable(
            new Dictionary<KindId, IInformationSource> { [SmallestCatalog.Tax] = new DelegateSource(read) }, Limit, _clock, _journal.Loggers.CreateLogger<SourceTable>());
        var request = new InformationRequest
        {
            Person = "S-1",
            Kind = SmallestCatalog.Tax,
            Conditions = InquiryConditions.None,
            Entry = SmallestCatalog.Entry,
            Role = SubjectRole.Parse("claimant"),
            Requester = AgencyId.Parse("yokohama"),
        };
        return table.ReadAsync(_catalog, [request], cancellation);
    }

    /// <summary>Within the smallest catalog's one kind.</summary>
    private static Items Good() => new() { { "amount", "300" } };

    private string Logged => string.Join('\n', _journal.Lines.Select(line => line.Text));

    private static Items Bad(string value) => new() { { "amount", value } };
}
