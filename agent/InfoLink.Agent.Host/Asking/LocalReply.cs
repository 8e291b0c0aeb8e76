using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Grpc.Core;
using InfoLink.Contracts.Refusals;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Host.Asking;

/// <summary>A reply of the local API, whole: it can be sent again. It may hold what was answered, so it never prints.</summary>
/// <param name="Status">HTTP.</param>
/// <param name="Json">UTF-8.</param>
/// <param name="IsFinal">False: nothing was asked, and the same question may be put again under the same key.</param>
internal sealed record LocalReply(int Status, byte[] Json, bool IsFinal)
{
    /// <summary>For programs and terminals, never inside HTML: Japanese stays readable.</summary>
    public static readonly JsonSerializerOptions Format = new(LocalJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static LocalReply Of<T>(T answer, int status = StatusCodes.Status200OK, bool isFinal = true) =>
        new(status, JsonSerializer.SerializeToUtf8Bytes(answer, (JsonTypeInfo<T>)Format.GetTypeInfo(typeof(T))), isFinal);

    public static LocalReply Refused(Refusal refusal, string? exchange = null) => Of(RefusalOf(refusal, exchange), StatusOf(refusal), isFinal: exchange is not null);

    public static LocalRefusal RefusalOf(Refusal refusal, string? exchange) => new(
        refusal.Text, refusal.Detail, refusal.Retryable, refusal.CauseEn, refusal.WayOutEn, refusal.CauseJa, refusal.WayOutJa, exchange, Seconds(refusal.RetryAfter));

    public IResult ToResult() => Results.Text(Json, "application/json; charset=utf-8", Status);

    public override string ToString() => $"LocalReply({Status}, redacted)";

    private static int StatusOf(Refusal refusal) => RefusalTable.Of(refusal.Name).Status switch
    {
        StatusCode.InvalidArgument => StatusCodes.Status400BadRequest,
        StatusCode.Unauthenticated => refusal.Name == V1.RefusalName.CallerUnknown ? StatusCodes.Status401Unauthorized : StatusCodes.Status403Forbidden,
        StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        StatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        StatusCode.Internal => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status409Conflict,
    };

    private static int? Seconds(TimeSpan wait) => wait > TimeSpan.Zero ? (int)Math.Ceiling(wait.TotalSeconds) : null;
}
