using System.Text.Json;
using InfoLink.Agent.Trust;
using InfoLink.Contracts.Identifiers;
using InfoLink.Transparency;

namespace InfoLink.Agent.Host;

/// <summary>The agency's own will over the local socket: <c>GET /v1/blocks</c> and <c>POST /v1/blocks</c>.</summary>
internal static class OwnWillApi
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    public static void Map(WebApplication host)
    {
        host.MapGet("/v1/blocks", (OwnWill will) => Results.Json(will.Cuts, Format));
        host.MapPost("/v1/blocks", (Delegate)SetAsync);
    }

    private static async Task<IResult> SetAsync(HttpRequest request, OwnWill will)
    {
        try
        {
            var wish = await request.ReadFromJsonAsync<Wish>(Format) ?? throw new FormatException("Nothing was sent.");
            if (string.IsNullOrWhiteSpace(wish.Reason) || string.IsNullOrWhiteSpace(wish.Operator) || (wish.Peer is null) == (wish.Entry is null))
            {
                throw new FormatException("Name a peer or an entry, the reason, and who wants it.");
            }

            var done = wish.Peer is { } peer ? await PeerAsync(will, wish, peer) : await EntryAsync(will, wish, wish.Entry!);
            return Results.Json(new { done }, Format);
        }
        catch (Exception fault) when (fault is FormatException or JsonException or InvalidOperationException)
        {
            return Results.Json(new { error = fault.Message }, Format, statusCode: StatusCodes.Status400BadRequest);
        }
        catch (LogUnavailableException fault)
        {
            return Results.Json(new { error = $"Nothing was done: {fault.Message}" }, Format, statusCode: StatusCodes.Status503ServiceUnavailable);
        }
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

    internal sealed record Wish(string Reason, string Operator, string? Peer = null, string? Entry = null, bool Lift = false);
}
