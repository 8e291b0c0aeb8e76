using InfoLink.Agent.Host.Callers;
using InfoLink.Agent.Watching;

namespace InfoLink.Agent.Host;

/// <summary>
/// How the agent is, for probes: <c>GET /health/live</c> (it answers) and <c>GET /health/ready</c> (503 with the reasons where it cannot take part in exchanges). Without a key, and beside the limits: a probe that finds no place would have a busy agent killed.
/// </summary>
internal static class HealthApi
{
    public static void Map(WebApplication host)
    {
        host.MapGet("/health/live", () => Results.Json(new { live = true }, LocalAnswers.Format)).WithMetadata(new Need(Right.Look)).DisableRateLimiting();
        host.MapGet("/health/ready", (AgentReadiness readiness) =>
        {
            var why = readiness.WhyNot();
            return Results.Json(
                new { ready = why.Count == 0, why = why.Count == 0 ? null : why }, LocalAnswers.Format, statusCode: why.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        }).WithMetadata(new Need(Right.Look)).DisableRateLimiting();
    }
}
