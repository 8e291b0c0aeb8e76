using System.Collections.Concurrent;
using Grpc.Core;
using InfoLink.Contracts.Refusals;
using InfoLink.Rpc;
using InfoLink.V1;
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

    /// <summary>The longest hint of an overloaded counterpart that a try waits for: what is under way is worth finishing, but a token lives for a minute.</summary>
    private static readonly TimeSpan LongestHint = TimeSpan.FromSeconds(5);

    private const int Retries = 3;
    private const int MaxCounterparts = 10_000;
    private readonly ConcurrentDictionary<(string Counterpart, bool Repeatable), Policy> _policies = new();

    /// <summary>A try's deadline, as the counterpart is told it too.</summary>
    public CallOptions OptionsOf(TimeSpan timeout, CancellationToken cancellation) => new(deadline: time.GetUtcNow().UtcDateTime + timeout, cancellationToken: cancellation);

    /// <summary>For a call that must not be repeated once the server may have it (Authorize, Fetch): only connecting is retried.</summary>
    public ResiliencePipeline ForOnce(string counterpart) => For(counterpart, repeatable: false);

    /// <summary>For a call that gives the same answer when repeated (Redeem with one attempt id, Settle): the network's faults are retried.</summary>
    public ResiliencePipeline ForRepeatable(string counterpart) => For(counterpart, repeatable: true);

    /// <summary>
    /// Would a repeatable call to this counterpart be turned away now? No longer than the break lasts: the breaker itself stays open until a
    /// call tries, and somebody has to.
    /// </summary>
    public bool IsBroken(string counterpart) =>
        _policies.TryGetValue((counterpart, true), out var policy) && time.GetUtcNow() < policy.BrokenUntil;

    private ResiliencePipeline For(string counterpart, bool repeatable)
    {
        if (_policies.Count >= MaxCounterparts)
        {
            _policies.Clear(); // Breakers forget what they learned; nothing else is in them.
        }

        return _policies.GetOrAdd((counterpart, repeatable), key => Make(key.Repeatable)).Pipeline!;
    }

    private Policy Make(bool repeatable)
    {
        var policy = new Policy();
        policy.Pipeline = Build(repeatable, policy);
        return policy;
    }

    private ResiliencePipeline Build(bool repeatable, Policy policy) => new ResiliencePipelineBuilder { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<RpcException>(
                fault => repeatable ? IsTrouble(fault) || HintOf(fault) is not null : fault.NeverReachedServer()),
            MaxRetryAttempts = Retries,
            BackoffType = DelayBackoffType.Exponential,
            Delay = TimeSpan.FromMilliseconds(100),
            MaxDelay = TimeSpan.FromSeconds(2),
            UseJitter = true,
            DelayGenerator = retry => ValueTask.FromResult(HintOf(retry.Outcome.Exception)), // Null: as above.
        })
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<RpcException>(IsTrouble),
            FailureRatio = 0.8,
            MinimumThroughput = 10,
            SamplingDuration = TimeSpan.FromSeconds(30),
            BreakDuration = BreakDuration,
            OnOpened = opened =>
            {
                policy.BrokenUntil = time.GetUtcNow() + opened.BreakDuration;
                return default;
            },
        })
        .Build();

    /// <summary>The network or a server that cannot serve; a refusal is an answer, unless it says that it is about this moment only. That an agency is closed is an answer too: it says until when.</summary>
    private static bool IsTrouble(RpcException fault) => RefusalWire.TryRead(fault) is { } refusal
        ? refusal.Retryable && fault.StatusCode == StatusCode.Unavailable && refusal.Name != RefusalName.ProviderClosed
        : fault.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded;

    /// <summary>
    /// When a counterpart that shed the call wants it again; null for any other end, and where that is too far. Being overloaded opens no circuit: it is
    /// an answer, and says when.
    /// </summary>
    private static TimeSpan? HintOf(Exception? fault) =>
        fault is RpcException rpc && RefusalWire.TryRead(rpc) is { Name: RefusalName.Overloaded } refusal && refusal.RetryAfter <= LongestHint
            ? refusal.RetryAfter
            : null;

    private sealed class Policy
    {
        private long _brokenUntil;

        public ResiliencePipeline? Pipeline { get; set; }

        public DateTimeOffset BrokenUntil
        {
            get => new(Volatile.Read(ref _brokenUntil), TimeSpan.Zero);
            set => Volatile.Write(ref _brokenUntil, value.UtcTicks);
        }
    }
}
