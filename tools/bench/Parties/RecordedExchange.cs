using InfoLink.Bench.Floors;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.V1;
using Microsoft.Data.Sqlite;

namespace InfoLink.Bench.Parties;

/// <summary>The messages of one real exchange, taken by hand: what the bare one sends is as large.</summary>
internal sealed record RecordedExchange(
    AuthorizeRequest Authorize,
    AuthorizeReply Approval,
    FetchRequest Fetch,
    FetchReply Header,
    FetchReply Subject,
    RedeemRequest Redeem,
    RedeemReply Redeemed,
    SettleRequest Settle)
{
    /// <summary>Bytes of a sealed answer's plaintext: its smallest bucket.</summary>
    public const int Bucket = 1024;

    /// <summary>The story's claimant, at the requester.</summary>
    private const string Claimant = "Y-2026-0417";

    public static async Task<RecordedExchange> TakeAsync(NetworkFolder folder)
    {
        using var requester = new HandMadeClient(folder, NetworkFolder.Requester, TimeProvider.System);
        using var provider = new HandMadeClient(folder, NetworkFolder.Provider, TimeProvider.System);
        var code = CodeOf(folder, Claimant);
        var before = await requester.AuthorizeAsync(requester.Ask(code));
        var ask = requester.Ask(code);
        ask.Pins.Add(new LogPin { Origin = before.Receipt.Origin, Size = before.Receipt.Index + 1 });
        var approval = await requester.AuthorizeAsync(ask);
        var fetch = requester.Fetch(approval);
        var parts = await requester.FetchAsync(NetworkFolder.Provider, fetch);

        // What the provider says to the broker, with the approval that was not fetched.
        var redeem = new RedeemRequest
        {
            Token = before.Token,
            AttemptId = AttemptId.New().ToArray().ToByteString(),
            Pin = new LogPin { Origin = before.Receipt.Origin, Size = before.Receipt.Index + 1 },
            ReceiptSize = before.Receipt.Index + 1,
        };
        var redeemed = await provider.Broker.RedeemAsync(redeem, BareCalls.Limit());
        var settle = new SettleRequest { ExchangeId = before.ExchangeId, TokenSha256 = approval.Receipt.PrivateRoot };
        settle.Subjects.Add(new SubjectSettlement { Outcome = SubjectOutcome.AnsweredOutcome, Digest = parts[1].Subject.Digest });
        return new RecordedExchange(ask, approval, fetch, parts[0], parts[1], redeem, redeemed, settle);
    }

    private static LinkCode CodeOf(NetworkFolder folder, string person)
    {
        using var links = new SqliteConnection($"Data Source={folder.AgencyPath(NetworkFolder.Requester, "data/links.db")}");
        links.Open();
        using var query = new SqliteCommand("SELECT link_code FROM local_id JOIN person ON number = person WHERE value = @person", links);
        query.Parameters.AddWithValue("@person", person);
        return LinkCode.FromBytes((byte[])query.ExecuteScalar()!);
    }
}
