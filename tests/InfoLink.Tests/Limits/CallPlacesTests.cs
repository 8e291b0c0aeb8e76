using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Limits;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Tests.Limits;

public sealed class CallPlacesTests
{
    private static readonly AgencyId One = AgencyId.Parse("141003");
    private static readonly AgencyId Other = AgencyId.Parse("131121");
    private readonly LeapingClock _clock = LeapingClock.Standing();

    [Fact]
    public async Task An_agency_over_its_pace_leaves_the_others_theirs()
    {
        await using var places = Places(new CallLimit { PerSecond = 2, Burst = 2, AtOnce = 10 });
        (await EnterAsync(places, One)).Dispose();
        (await EnterAsync(places, One)).Dispose();

        var refused = await RefusedAsync(places, One);
        Assert.Equal((RefusalName.Overloaded, "calls a second", TimeSpan.FromMilliseconds(500)), (refused.Name, refused.Detail, refused.RetryAfter));
        (await EnterAsync(places, Other)).Dispose();

        _clock.Leap(refused.RetryAfter);
        (await EnterAsync(places, One)).Dispose();
    }

    [Fact]
    public async Task Calls_at_once_are_bounded_for_each_and_a_place_that_is_given_back_is_there_again()
    {
        await using var places = Places(new CallLimit { AtOnce = 1 });
        var held = await EnterAsync(places, One);

        var refused = await RefusedAsync(places, One);
        Assert.Equal("calls at once", refused.Detail);
        Assert.True(refused.RetryAfter > TimeSpan.Zero);
        (await EnterAsync(places, Other)).Dispose();

        held.Dispose();
        (await EnterAsync(places, One)).Dispose();
    }

    [Fact]
    public async Task Who_waits_is_served_in_turn_and_a_queue_that_is_full_sheds()
    {
        await using var places = Places(new CallLimit { AtOnce = 1, Waiting = 1 });
        var held = await EnterAsync(places, One);
        var waiting = EnterAsync(places, One);
        Assert.False(waiting.IsCompleted);
        Assert.Equal("calls at once", (await RefusedAsync(places, One)).Detail);

        held.Dispose();
        (await waiting.WaitAsync(TestNetwork.Patience)).Dispose();
    }

    [Fact]
    public async Task Who_leaves_the_queue_leaves_its_room_to_the_next()
    {
        await using var places = Places(new CallLimit { AtOnce = 1, Waiting = 1 });
        var held = await EnterAsync(places, One);
        using (var leaving = new CancellationTokenSource())
        {
            var gone = places.EnterAsync(One, leaving.Token).AsTask();
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        }

        var waiting = EnterAsync(places, One);
        held.Dispose();
        (await waiting.WaitAsync(TestNetwork.Patience)).Dispose();
    }

    [Fact]
    public async Task All_together_have_so_many_and_who_is_turned_away_there_keeps_no_place_of_its_own()
    {
        await using var places = Places(new CallLimit { AtOnce = 1 }, new WholeLimit { AtOnce = 1 });
        var held = await EnterAsync(places, One);
        Assert.Equal("calls of all", (await RefusedAsync(places, Other)).Detail);

        held.Dispose();
        (await EnterAsync(places, Other)).Dispose();
    }

    [Fact]
    public async Task Who_leaves_the_queue_of_all_keeps_no_place_of_its_own()
    {
        await using var places = Places(new CallLimit { AtOnce = 1 }, new WholeLimit { AtOnce = 1, Waiting = 1 });
        var held = await EnterAsync(places, One);
        using (var leaving = new CancellationTokenSource())
        {
            var gone = places.EnterAsync(Other, leaving.Token).AsTask();
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        }

        held.Dispose();
        (await EnterAsync(places, Other)).Dispose();
    }

    private CallPlaces Places(CallLimit each, WholeLimit? whole = null) => new(each, whole ?? new WholeLimit { AtOnce = 100 }, _clock);

    private static async Task<CallPlace> EnterAsync(CallPlaces places, AgencyId agency) =>
        Assert.IsType<Outcome<CallPlace>.Done>(await places.EnterAsync(agency, CancellationToken.None)).Value;

    private static async Task<Refusal> RefusedAsync(CallPlaces places, AgencyId agency) =>
        Assert.IsType<Outcome<CallPlace>.Refused>(await places.EnterAsync(agency, CancellationToken.None)).Refusal;
}
