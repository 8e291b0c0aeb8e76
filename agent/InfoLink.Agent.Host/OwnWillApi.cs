using InfoLink.Agent.Trust;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Host;

/// <summary>The agency's own will over the local socket: <c>GET /v1/blocks</c>, <c>POST /v1/blocks</c> and, after a restore, <c>POST /v1/marks/reviewed</c>.</summary>
internal static class OwnWillApi
{
    public static void Map(WebApplication host)
    {
        host.MapGet("/v1/blocks", (OwnWill will) => Results.Json(will.Cuts, LocalAnswers.Format));
        host.MapPost("/v1/blocks", (HttpRequest request, OwnWill will) => LocalAnswers.OfAsync<Wish, object>(request, async wish => new
        {
            done = wish.Peer is { } peer ? await PeerAsync(will, wish, peer) : await EntryAsync(will, wish, wish.Entry!),
        }));
        host.MapPost("/v1/marks/reviewed", (HttpRequest request, OwnWill will) => LocalAnswers.OfAsync<ReviewedWish, object>(request, async wish => new { done = await will.MarksReviewedAsync(wish.Reason, wish.Operator) }));
    }

    private static async Task<bool> PeerAsync(OwnWill will, Wish wish, string text)
    {
        var peer = AgencyId.TryParse(text, out var id) ? id : throw new FormatException("That is not an agency id.");
        if (wish.Lift)
        {
            return await will.UnblockAsync(peer, wish.Reason, wish.Operator);
        }

        await will.BlockAsync(peer, wish.Reason, wish.Operator);
        return true;
    }

    private static async Task<bool> EntryAsync(OwnWill will, Wish wish, string text)
    {
        var entry = EntryId.TryParse(text, out var id) ? id : throw new FormatException("That is not an entry id.");
        if (wish.Lift)
        {
            return await will.UnblockAsync(entry, wish.Reason, wish.Operator);
        }

        await will.BlockAsync(entry, wish.Reason, wish.Operator);
        return true;
    }

    internal sealed record ReviewedWish(string Operator, string Reason) : LocalWish(Operator, Reason);

    internal sealed record Wish(string Operator, string Reason, string? Peer = null, string? Entry = null, bool Lift = false) : LocalWish(Operator, Reason)
    {
        public override void Check()
        {
            base.Check();
            if ((Peer is null) == (Entry is null))
            {
                throw new FormatException("Name a peer or an entry.");
            }
        }
    }
}
