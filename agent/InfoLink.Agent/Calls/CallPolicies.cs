using System.Collections.Concurrent;
using Grpc.Core;
using InfoLink.Contracts.Refusals;
using InfoLink.Rpc;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace InfoLink.Agent.Calls;

/// <summary>
/// How calls out behave under trouble (Polly): a limit on each try, a retry only where repeating is harmless, a circuit breaker for each
/// counterpart. What is harmless differs: <see cref="ForOnce"/> and <see cref="ForRepeatable"/>.
/// </summary>
internal sealed class CallPolicies(TimeProvider time)
{
    /// <summary>How long one try of a call to the broker may take.</summary>
    public static readonly TimeSpan TryTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How long an open circuit stays open.</summary>
    public static readonly TimeSpan BreakDuration = TimeSpan.FromSeconds(5);

    private const int Retries = 3;
    private const int MaxCounterparts = 10_000;
    private readonly ConcurrentDictionary<(string Counterpart, bool Repeatable), Policy> _policies = new();

    /// <summary>For a call that must not be repeated once the server may have it (Authorize, Fetch): only connecting is retried.</summary>
    public ResiliencePipeline ForOnce(string counterpart) => For(counterpart, repeatable: false);

    /// <summary>For a call that gives the same answer when repeated (Redeem with one attempt id, Settle): the network's faults are retried.</summary>
    public ResiliencePipeline ForRepeatable(string counterpart) => For(counterpart, repeatable: true);

    /// <summary>Is the circuit for repeatable calls to this counterpart open?</summary>
    public bool IsBroken(string counterpart) =>
        _policies.TryGetValue((counterpart, true), out var policy) && policy.Circuit.CircuitState == CircuitState.Open;

    private ResiliencePipeline For(string counterpart, bool repeatable)
    {
        if (_policies.Count >= MaxCounterparts)
        {
            _policies.Clear(); // Breakers forget what they learned; nothing else is in them.
        }

        return _policies.GetOrAdd((counterpart, repeatable), key => Make(key.Repeatable)).Pipeline;
    }

    private Policy Make(bool repeatable)
    {
        var circuit = new CircuitBreakerStateProvider();
        return new Policy(Build(repeatable, circuit), circuit);
    }

    private ResiliencePipeline Build(bool repeatable, CircuitBreakerStateProvider circuit) => new ResiliencePipelineBuilder { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<RpcException>(fault => repeatable ? IsTrouble(fault) : fault.NeverReachedServer()),
            MaxRetryAttempts = Retries,
            BackoffType = DelayBackoffType.Exponential,
            Delay = TimeSpan.FromMilliseconds(100),
            MaxDelay = TimeSpan.FromSeconds(2),
            UseJitter = true,
        })
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<RpcException>(IsTrouble),
            FailureRatio = 0.8,
            MinimumThroughput = 10,
            SamplingDuration = TimeSpan.FromSeconds(30),
            BreakDuration = BreakDuration,
            StateProvider = circuit,
        })
        .Build();

    /// <summary>The network or a server that cannot serve; a refusal is an answer, unless it says that it is about this moment only.</summary>
    private static bool IsTrouble(RpcException fault) => RefusalWire.TryRead(fault) is { } refusal
        ? refusal.Retryable && fault.StatusCode == StatusCode.Unavailable
        : fault.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded;

    private sealed record Policy(ResiliencePipeline Pipeline, CircuitBreakerStateProvider Circuit);
}
