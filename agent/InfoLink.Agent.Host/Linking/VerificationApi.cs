using System.Text.Json;
using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Refusals;

namespace InfoLink.Agent.Host.Linking;

/// <summary>
/// Links looked at again, over the local socket: <c>GET /v1/verification</c> tells how they stand and which could not be confirmed; <c>POST /v1/verification</c> looks at all that are due, or at the
/// persons named, and answers with a line of JSON for each thousand and one for the end. Who leaves stops it; nothing is lost.
/// </summary>
internal static class VerificationApi
{
    private const int MostListed = 1_000;

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    public static void Map(WebApplication host)
    {
        host.MapGet("/v1/verification", StandingAsync);
        host.MapPost("/v1/verification", (Delegate)RunAsync);
    }

    private static async Task<IResult> StandingAsync(InfoLinkAgent agent, CancellationToken cancellation)
    {
        var unconfirmed = await agent.Links.UnconfirmedAsync(MostListed, cancellation);
        return Results.Json(
            new
            {
                standing = await agent.VerificationAsync(cancellation),
                unconfirmed = unconfirmed.Select(link => new { kind = link.Id.Kind, id = link.Id.Value, link.Tries, link.Reasons, link.Next }),
            },
            Format);
    }

    private static async Task RunAsync(HttpContext context, InfoLinkAgent agent)
    {
        var cancellation = context.RequestAborted;
        Wish wish;
        try
        {
            wish = await context.Request.ReadFromJsonAsync<Wish>(Format, cancellation) ?? new Wish();
        }
        catch (JsonException)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await WriteAsync(context, new Line(null, null, "Write {}, {\"everybody\":true} or {\"persons\":[\"…\"]}."), cancellation);
            return;
        }

        context.Response.ContentType = "application/x-ndjson";
        var lines = System.Threading.Channels.Channel.CreateUnbounded<VerificationCounts>();
        var running = LookAsync(agent, wish, lines.Writer, cancellation);
        await foreach (var counts in lines.Reader.ReadAllAsync(cancellation))
        {
            await WriteAsync(context, new Line(counts, null, null), cancellation);
        }

        try
        {
            await WriteAsync(context, new Line(await running, await agent.VerificationAsync(cancellation), null), cancellation);
        }
        catch (RefusedException refused)
        {
            await WriteAsync(context, new Line(null, await agent.VerificationAsync(cancellation), refused.Message), cancellation);
        }
    }

    private static async Task<VerificationCounts> LookAsync(
        InfoLinkAgent agent, Wish wish, System.Threading.Channels.ChannelWriter<VerificationCounts> told, CancellationToken cancellation)
    {
        try
        {
            return wish.Persons is { Count: > 0 } persons
                ? VerificationCounts.Of(await agent.VerifyAsync([.. persons.Select(LocalId.Of)], cancellation))
                : await agent.VerifyDueAsync(wish.Everybody, new Progress(told), cancellation);
        }
        finally
        {
            told.Complete();
        }
    }

    private static async Task WriteAsync(HttpContext context, Line line, CancellationToken cancellation)
    {
        await context.Response.WriteAsync(JsonSerializer.Serialize(line, Format) + "\n", cancellation);
        await context.Response.Body.FlushAsync(cancellation);
    }

    /// <summary>What is wanted: all that is due, everybody, or some.</summary>
    internal sealed record Wish(bool Everybody = false, IReadOnlyList<string>? Persons = null);

    /// <summary>The sums so far; at the end with how the links stand, and the refusal where it could not go on.</summary>
    internal sealed record Line(VerificationCounts? Counts, VerificationStanding? Standing, string? Error);

    private sealed class Progress(System.Threading.Channels.ChannelWriter<VerificationCounts> told) : IProgress<VerificationCounts>
    {
        public void Report(VerificationCounts value) => told.TryWrite(value);
    }
}
