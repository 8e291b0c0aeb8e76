using Grpc.Core;
using InfoLink.Agent.Calls;
using InfoLink.Contracts.Refusals;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Polly;
using Polly.CircuitBreaker;
using Xunit;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Tests.Calls;

public sealed class CallPoliciesTests
{
    private readonly LeapingClock _clock = LeapingClock.Running();
    private readonly CallPolicies _policies;
    private int _calls;

    public CallPoliciesTests() => _policies = new CallPolicies(_clock);

    private static RpcException NotConnected => new(new Status(StatusCode.Unavailable, "", new HttpRequestException(HttpRequestError.ConnectionError)));

    private static RpcException Broke => new(new Status(StatusCode.Unavailable, "", new IOException()));

    public static TheoryData<string, RpcException, bool, bool> Repeats => new()
    {
        { "no connection came about", NotConnected, true, true },
        { "the connection broke on the way", Broke, false, true },
        { "the deadline passed on the way", new RpcException(new Status(StatusCode.DeadlineExceeded, "")), false, true },
        { "the log of the other is not available", new Refusal(RefusalName.LogUnavailable).ToRpcException(), false, true },
        { "shed, with a time to come again", new Refusal(RefusalName.Overloaded, RetryAfter: TimeSpan.FromMilliseconds(1)).ToRpcException(), false, true },
        { "shed for longer than a token lives", new Refusal(RefusalName.Overloaded, RetryAfter: TimeSpan.FromMinutes(1)).ToRpcException(), false, false },
        { "closed by its own word, until a time that it says", new Refusal(RefusalName.ProviderClosed, RetryAfter: TimeSpan.FromMilliseconds(1)).ToRpcException(), false, false },
        { "refused", new Refusal(RefusalName.TokenSpent).ToRpcException(), false, false },
        { "to be asked again, with a new token", new Refusal(RefusalName.LedgerReopened).ToRpcException(), false, false },
        { "a fault of the other", new RpcException(new Status(StatusCode.Internal, "")), false, false },
    };

    [Theory]
    [MemberData(nameof(Repeats))]
    public async Task A_call_is_repeated_only_where_that_is_harmless(string what, RpcException fault, bool once, bool repeatable)
    {
        Assert.NotEmpty(what);
        await FailAsync(_policies.ForOnce("one"), fault);
        Assert.Equal(once ? 4 : 1, Interlocked.Exchange(ref _calls, 0));
        await FailAsync(_policies.ForRepeatable("one"), fault);
        Assert.Equal(repeatable ? 4 : 1, _calls);
    }

    [Fact]
    public async Task A_call_that_succeeds_the_second_time_is_made_twice()
    {
        var answer = await _policies.ForRepeatable("one").ExecuteAsync(_ => Interlocked.Increment(ref _calls) == 1 ? throw Broke : ValueTask.FromResult("answer"));
        Assert.Equal(("answer", 2), (answer, _calls));
    }

    [Fact]
    public async Task Agencies_that_are_closed_do_not_open_the_circuit_to_the_broker_that_says_so()
    {
        for (var i = 0; i < 30; i++)
        {
            await FailAsync(_policies.ForOnce("one"), new Refusal(RefusalName.ProviderClosed).ToRpcException());
        }

        await _policies.ForOnce("one").ExecuteAsync(Count);
        Assert.Equal(31, _calls);
    }

    [Fact]
    public async Task The_circuit_opens_after_ten_failures_and_closes_again_after_its_break()
    {
        var policy = _policies.ForOnce("one");
        for (var i = 0; i < 10; i++)
        {
            await FailAsync(policy, Broke);
        }

        // Open: nothing is called, and the name says whom it is about.
        var open = await Assert.ThrowsAnyAsync<BrokenCircuitException>(() => policy.ExecuteAsync(Count).AsTask());
        Assert.Equal(10, _calls);
        Assert.Equal(RefusalName.ProviderUnreachable, CallFaults.ToRefusal(open, RefusalName.ProviderUnreachable, RefusalName.AnswerLost)?.Name);

        // The other counterparts are none of its business.
        await _policies.ForOnce("other").ExecuteAsync(Count);
        Assert.Equal(11, _calls);

        // Half open: one failure opens it again, one success closes it.
        _clock.Leap(TimeSpan.FromSeconds(5));
        await FailAsync(policy, Broke);
        await Assert.ThrowsAnyAsync<BrokenCircuitException>(() => policy.ExecuteAsync(Count).AsTask());
        Assert.Equal(12, _calls);
        _clock.Leap(TimeSpan.FromSeconds(5));
        await policy.ExecuteAsync(Count);
        await policy.ExecuteAsync(Count);
        Assert.Equal(14, _calls);
    }

    [Fact]
    public async Task Refusals_do_not_open_the_circuit()
    {
        var policy = _policies.ForOnce("one");
        for (var i = 0; i < 50; i++)
        {
            await FailAsync(policy, new Refusal(i % 2 == 0 ? RefusalName.BlockedByProvider : RefusalName.Overloaded).ToRpcException());
        }

        await policy.ExecuteAsync(Count);
        Assert.Equal(51, _calls);
    }

    private ValueTask Count(CancellationToken cancellation)
    {
        Interlocked.Increment(ref _calls);
        return ValueTask.CompletedTask;
    }

    private async Task FailAsync(ResiliencePipeline policy, RpcException fault)
    {
        var failing = Assert.ThrowsAsync<RpcException>(() => policy.ExecuteAsync(_ =>
        {
            Interlocked.Increment(ref _calls);
            throw fault;
        }).AsTask());
        Assert.Same(fault, await failing.WaitAsync(TimeSpan.FromSeconds(30)));
    }
}
