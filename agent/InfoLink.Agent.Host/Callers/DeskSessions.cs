using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using InfoLink.Agent.Links;
using InfoLink.Agent.Requesting;

namespace InfoLink.Agent.Host.Callers;

/// <summary>The one operator who is at the back-office page.</summary>
/// <param name="Operator">Her id.</param>
/// <param name="Claims">What a proxy says of her; null: the file of operators does.</param>
internal sealed record DeskOperator(string Operator, OperatorClaims? Claims)
{
    /// <summary>For what she may see; what she decides has a reason of its own.</summary>
    public LinkAct By => new(Operator, "") { Claims = Claims };

    public override string ToString() => "DeskOperator(redacted)";
}

/// <summary>
/// Who is at the back-office page of this host. A command of the agent's own user gives a ticket for one operator, good once within a minute; the page takes it for a session, which ends when nothing came for half an hour, after ten
/// hours, and with the process. In memory alone, by hash: what is kept opens nothing.
/// </summary>
internal sealed class DeskSessions(TimeProvider time)
{
    public static readonly TimeSpan TicketLife = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan Idle = TimeSpan.FromMinutes(30);
    public static readonly TimeSpan Life = TimeSpan.FromHours(10);
    private const int Most = 200;
    private readonly Lock _changing = new();
    private readonly Dictionary<string, Entry> _tickets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Entry> _sessions = new(StringComparer.Ordinal);

    /// <exception cref="InvalidOperationException">There are too many that nobody has used.</exception>
    public string Issue(DeskOperator at)
    {
        lock (_changing)
        {
            return Add(_tickets, at, TicketLife);
        }
    }

    /// <returns>The session's secret, and who is there; null: the ticket was used, is too old, or never was.</returns>
    /// <exception cref="InvalidOperationException">Too many sessions are open.</exception>
    public (string Secret, DeskOperator At)? Redeem(string ticket)
    {
        lock (_changing)
        {
            return Live(_tickets, ticket) is { } entry && _tickets.Remove(HashOf(ticket)) ? (Add(_sessions, entry.At, Life), entry.At) : null;
        }
    }

    public DeskOperator? Find(string secret)
    {
        lock (_changing)
        {
            if (Live(_sessions, secret) is not { } entry)
            {
                return null;
            }

            entry.Seen = time.GetUtcNow();
            return entry.At;
        }
    }

    public void End(string secret)
    {
        lock (_changing)
        {
            _sessions.Remove(HashOf(secret));
        }
    }

    private string Add(Dictionary<string, Entry> all, DeskOperator at, TimeSpan life)
    {
        var now = time.GetUtcNow();
        foreach (var (key, _) in all.Where(pair => !pair.Value.IsLive(now)).ToList())
        {
            all.Remove(key);
        }

        if (all.Count >= Most)
        {
            throw new InvalidOperationException($"There are {Most} already. Those that nobody uses end by themselves: tickets within a minute, sessions after half an hour.");
        }

        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        all.Add(HashOf(secret), new Entry(at, now + life) { Seen = now });
        return secret;
    }

    private Entry? Live(Dictionary<string, Entry> all, string secret) => all.TryGetValue(HashOf(secret), out var entry) && entry.IsLive(time.GetUtcNow()) ? entry : null;

    /// <summary>Looking up by hash takes no time that would tell of the secret.</summary>
    private static string HashOf(string secret) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private sealed class Entry(DeskOperator at, DateTimeOffset until)
    {
        public DeskOperator At { get; } = at;

        public DateTimeOffset Seen { get; set; }

        public bool IsLive(DateTimeOffset now) => now < until && now - Seen < Idle;
    }
}
