using System.Collections.Concurrent;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Tokens;
using InfoLink.V1;

namespace InfoLink.Tests.Faults;

/// <summary>
/// What the agencies' people remember, whatever the machines say afterwards: every question with its end, every token that was handed out by hand, every
/// fault that was made. It is what <see cref="WorldInvariants"/> holds the records to.
/// </summary>
internal sealed class Diary
{
    private readonly ConcurrentQueue<Question> _questions = new();
    private readonly ConcurrentQueue<HandedOut> _byHand = new();
    private readonly ConcurrentQueue<Incident> _incidents = new();
    private readonly ConcurrentDictionary<string, bool> _lostByHand = new(StringComparer.Ordinal);
    private int _number;

    public IReadOnlyCollection<Question> Questions => _questions;

    /// <summary>Tokens that came to a client without an agent: nobody wrote ASKED or RECEIVED for them.</summary>
    public IReadOnlyCollection<HandedOut> ByHand => _byHand;

    public IReadOnlyCollection<Incident> Incidents => _incidents;

    /// <summary>Questions that got their values.</summary>
    public int Answered => _questions.Count(question => question.Ending is Ending.Answered);

    public Question Begin(int person)
    {
        var question = new Question($"Q-{Interlocked.Increment(ref _number)}", person);
        _questions.Enqueue(question);
        return question;
    }

    /// <summary>The same again, for a test of the checker that changes it.</summary>
    public Diary Copy(Func<Question, Question?> change)
    {
        var copy = new Diary();
        foreach (var question in _questions.Select(change).OfType<Question>())
        {
            copy._questions.Enqueue(question);
        }

        return copy;
    }

    /// <param name="reply">What the broker handed out.</param>
    /// <param name="tokenId">Of the token, where it was looked into.</param>
    public void Handed(AuthorizeReply reply, TokenId tokenId) => _byHand.Enqueue(new HandedOut(
        ExchangeId.FromBytes(reply.ExchangeId.Span), Sha256Digest.Of(System.Text.Encoding.ASCII.GetBytes(reply.Token)), tokenId.StoreKey()));

    /// <summary>An approval by hand whose reply never came: nobody has its token.</summary>
    public void NoteLost(string exchange) => _lostByHand[exchange] = true;

    /// <summary>Was it asked for by hand, whether its token came or not?</summary>
    public bool IsByHand(string? exchange) =>
        exchange is not null && (_lostByHand.ContainsKey(exchange) || _byHand.Any(token => string.Equals(token.Exchange.ToString(), exchange, StringComparison.Ordinal)));

    public void Note(Party party, string what) => _incidents.Enqueue(new Incident(TimeProvider.System.GetUtcNow(), party, what));

    /// <summary>How often something happened to a party that may have cost it what it had in memory.</summary>
    public int FaultsOf(Party party) => _incidents.Count(incident => incident.Party == party);
}

/// <summary>Who can be hit.</summary>
internal enum Party
{
    Broker,
    Requester,
    Provider,
    Redis,
    Postgres,
    Wire,
}

/// <summary>A fault that was made.</summary>
internal sealed record Incident(DateTimeOffset At, Party Party, string What)
{
    public override string ToString() => $"{At:HH:mm:ss.fff} {Party}: {What}";
}

/// <summary>A token by hand.</summary>
internal sealed record HandedOut(ExchangeId Exchange, Sha256Digest TokenSha256, byte[] StoreKey);

/// <summary>One question about one person; its id travels as the case reference and stands in the requester's records.</summary>
internal sealed class Question(string id, int person)
{
    public string Id { get; } = id;

    public int Person { get; } = person;

    /// <summary>Null while it is open.</summary>
    public Ending? Ending { get; set; }

    public override string ToString() => $"{Id} about person {Person}: {Ending?.ToString() ?? "open"}";
}

/// <summary>What became of a question, as whoever asked it was told.</summary>
internal abstract record Ending
{
    private Ending()
    {
    }

    /// <param name="Exchange">Its id, in text form.</param>
    /// <param name="TotalIncome">Of the values one that tells the person.</param>
    public sealed record Answered(string Exchange, string TotalIncome) : Ending;

    public sealed record Refused(string Name, string Detail, string? Exchange) : Ending;

    /// <summary>Nobody said anything: the agent was gone, or did not answer in time.</summary>
    public sealed record Lost(string Why) : Ending;
}
