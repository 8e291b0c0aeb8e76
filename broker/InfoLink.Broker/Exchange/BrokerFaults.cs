using System.Data.Common;
using InfoLink.Broker.Tokens;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Broker.Exchange;

/// <summary>The faults that a caller may know by name. Every other is answered as a fault without detail, by the RPC layer.</summary>
internal static class BrokerFaults
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    public static Refusal? ToRefusal(Exception fault) => fault switch
    {
        LogUnavailableException => new Refusal(RefusalName.LogUnavailable, RetryAfter: RetryAfter),
        DbException => new Refusal(RefusalName.LogUnavailable, RetryAfter: RetryAfter), // Reading: the log is the broker's one database.
        TokenStoreException => new Refusal(RefusalName.TokenStoreUnavailable, RetryAfter: RetryAfter),
        TimeoutException => new Refusal(RefusalName.Overloaded, RetryAfter: RetryAfter),
        _ => null,
    };
}
