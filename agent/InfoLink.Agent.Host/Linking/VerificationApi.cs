using System.Runtime.CompilerServices;
using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;

namespace InfoLink.Agent.Host.Linking;

/// <summary>
/// Links looked at again, over the local socket: <c>GET /v1/verification</c> tells how they stand and which could not be confirmed; <c>POST /v1/verification</c> looks at all that are due, or at the
/// persons named, and answers with a line of JSON for each thousand and one for the end. Who leaves stops it; nothing is lost.
/// </summary>
internal static class VerificationApi
{
    public static void Map(WebApplication host)
    {
        host.MapGet("/v1/verification", (InfoLinkAgent agent, CancellationToken cancellation) => LocalAnswers.OfAsync(async () => new
        {
            standing = await agent.VerificationAsync(cancellation),
            unconfirmed = (await agent.Links.UnconfirmedAsync(LocalAnswers.MostListed, cancellation)).Select(link => new { kind = link.Id.Kind, id = link.Id.Value, link.Tries, link.Reasons, link.Next }),
        }));
        host.MapPost("/v1/verification", (HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) =>
            LocalAnswers.TellAsync<Wish, Line>(request, wish => LookAsync(agent, wish, cancellation)));
    }

    private static async IAsyncEnumerable<Line> LookAsync(InfoLinkAgent agent, Wish wish, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var steps = Steps.OfAsync<VerificationCounts, (VerificationCounts Counts, bool Ended)>(
            async progress => wish.Persons is { Count: > 0 } persons
                ? VerificationCounts.Of(await agent.VerifyAsync([.. persons.Select(LocalId.Of)], cancellation))
                : await agent.VerifyDueAsync(wish.Everybody, progress, cancellation),
            (counts, ended) => (counts, ended),
            cancellation);
        await foreach (var (counts, ended) in steps)
        {
            yield return new Line(counts, ended ? await agent.VerificationAsync(cancellation) : null);
        }
    }

    /// <summary>What is wanted: all that is due, everybody, or some.</summary>
    internal sealed record Wish(bool Everybody = false, IReadOnlyList<string>? Persons = null);

    /// <summary>The sums so far; at the end with how the links stand.</summary>
    internal sealed record Line(VerificationCounts Counts, VerificationStanding? Standing = null);
}
