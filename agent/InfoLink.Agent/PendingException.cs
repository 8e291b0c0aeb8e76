using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent;

/// <summary>The provider needs a human. Ask again, with an inquiry that continues this exchange, when it may have decided.</summary>
public sealed class PendingException(ExchangeId exchange, DateTimeOffset deadline)
    : Exception($"The answer of exchange {exchange} is pending until {deadline:O}. Collect it with an inquiry that continues this exchange.")
{
    public ExchangeId Exchange { get; } = exchange;

    public DateTimeOffset Deadline { get; } = deadline;
}
