using System.Collections.Concurrent;
using InfoLink.Contracts.Tokens;

namespace InfoLink.Broker.Tokens;

/// <summary>
/// The default: one broker, tokens in its memory. They are gone when the process is, which refuses every token it had issued and lets none
/// be spent twice.
/// </summary>
/// <param name="time">Decides when a token is dropped.</param>
/// <param name="capacity">Most tokens held; one more is refused until some expire.</param>
internal sealed class MemoryTokenStore(TimeProvider time, int capacity = 1_000_000) : ITokenStore
{
    private readonly ConcurrentDictionary<TokenKey, Token> _tokens = new();
    private readonly Lock _sweeping = new();
    private readonly PriorityQueue<TokenKey, DateTimeOffset> _byExpiry = new();

    /// <summary>Beside the dictionary, which would take all of its locks to count itself.</summary>
    private int _held;

    public Task IssueAsync(TokenKey key, byte[] sealedGrant, TokenTimes times, CancellationToken cancellation)
    {
        Sweep();
        if (Interlocked.Increment(ref _held) > capacity)
        {
            Interlocked.Decrement(ref _held);
            throw new TokenStoreException($"The token store is full ({capacity} tokens).");
        }

        if (!_tokens.TryAdd(key, new Token(sealedGrant, times)))
        {
            Interlocked.Decrement(ref _held);
            throw new TokenStoreException("A token of this id exists.");
        }

        lock (_sweeping)
        {
            _byExpiry.Enqueue(key, times.UnusedUntil);
        }

        return Task.CompletedTask;
    }

    public Task<byte[]?> FindAsync(TokenKey key, CancellationToken cancellation) =>
        Task.FromResult(Live(key) is { IsRevoked: false } token ? token.SealedGrant : null);

    public Task<Redemption> RedeemAsync(TokenKey key, AttemptId attempt, CancellationToken cancellation) =>
        Task.FromResult(Live(key)?.Redeem(attempt) ?? Redemption.Unknown);

    public Task RevokeAsync(TokenKey key, CancellationToken cancellation)
    {
        Live(key)?.Revoke();
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Token? Live(TokenKey key) => _tokens.TryGetValue(key, out var token) && token.KeptUntil > time.GetUtcNow() ? token : null;

    private void Sweep()
    {
        var now = time.GetUtcNow();
        lock (_sweeping)
        {
            while (_byExpiry.TryPeek(out var key, out var due) && due <= now)
            {
                _byExpiry.Dequeue();
                if (_tokens.TryGetValue(key, out var token) && token.KeptUntil > now)
                {
                    _byExpiry.Enqueue(key, token.KeptUntil);
                }
                else if (_tokens.TryRemove(key, out _))
                {
                    Interlocked.Decrement(ref _held);
                }
            }
        }
    }

    private sealed class Token(byte[] sealedGrant, TokenTimes times)
    {
        private readonly Lock _gate = new();
        private AttemptId? _redeemedBy;

        public byte[] SealedGrant { get; } = sealedGrant;

        public bool IsRevoked { get; private set; }

        public DateTimeOffset KeptUntil { get; private set; } = times.UnusedUntil;

        public Redemption Redeem(AttemptId attempt)
        {
            lock (_gate)
            {
                if (IsRevoked)
                {
                    return Redemption.Revoked;
                }

                if (_redeemedBy is { } winner)
                {
                    return winner == attempt ? Redemption.Repeated : Redemption.Spent;
                }

                _redeemedBy = attempt;
                KeptUntil = times.RedeemedUntil;
                return Redemption.First;
            }
        }

        public void Revoke()
        {
            lock (_gate)
            {
                IsRevoked = true;
            }
        }
    }
}
