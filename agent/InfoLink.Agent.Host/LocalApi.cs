using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.RateLimiting;
using Grpc.Core;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting;
using InfoLink.Hosting.Limits;
using InfoLink.V1;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Host;

/// <summary>
/// How the agency's existing system asks, whatever it is written in: JSON over a Unix socket in the agent's data folder, which only the
/// agent's own user enters. <c>POST /v1/fetch</c> asks about one person.
/// </summary>
internal static class LocalApi
{
    private const int MaxBody = 64 * 1024;
    private const int MaxHeaders = 8 * 1024;

    // For programs and terminals, never inside HTML: Japanese stays readable.
    private static readonly JsonSerializerOptions Format = new(LocalJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <returns>The socket's path.</returns>
    public static string Listen(WebApplicationBuilder builder, AgentOptions options)
    {
        var socket = SocketOf(options);
        if (socket.Length > LocalSocket.LongestPath)
        {
            throw new InvalidOperationException($"The local socket '{socket}' has a path of more than {LocalSocket.LongestPath} characters, which no system takes. Move the agent's folder, or 'data', to a shorter path.");
        }

        Contracts.Identity.KeyFile.CreateFolder(Path.GetDirectoryName(socket)!);
        builder.Services.AddHostedService(_ => new StaleSocket(socket));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBody;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaders;
            kestrel.Limits.MaxRequestLineSize = MaxHeaders;
            kestrel.Limits.MaxRequestBufferSize = MaxBody;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(5));
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);

            // One connection is one question at a time; some to spare, so that who is turned away hears it.
            kestrel.Limits.MaxConcurrentConnections = options.Limits.Local.AtOnce + options.Limits.Local.Waiting + 64;
            kestrel.ListenUnixSocket(socket);
        });
        builder.Services.AddRateLimiter(limiter => Limit(limiter, options.Limits.Local));
        return socket;
    }

    public static string SocketOf(AgentOptions options) => Path.GetFullPath(Path.Combine(options.Folder, options.Data, "agent.sock"));

    public static void Map(WebApplication host)
    {
        host.UseRateLimiter();
        host.MapPost("/v1/fetch", FetchAsync);
    }

    /// <summary>The agency's own systems are many or in a loop: what the agent cannot take on is told at once, before its question is read.</summary>
    private static void Limit(Microsoft.AspNetCore.RateLimiting.RateLimiterOptions limiter, WholeLimit local)
    {
        var places = new ConcurrencyLimiterOptions { PermitLimit = local.AtOnce, QueueLimit = local.Waiting };
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, int>(_ => RateLimitPartition.GetConcurrencyLimiter(0, _ => places));
        limiter.OnRejected = async (rejected, _) =>
            await Refused(CallPlaces.Overloaded(rejected.Lease, "local calls at once")).ExecuteAsync(rejected.HttpContext);
    }

    private static async Task<IResult> FetchAsync(HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation)
    {
        LocalQuestion? question;
        try
        {
            question = await request.ReadFromJsonAsync<LocalQuestion>(Format, cancellation);
        }
        catch (JsonException malformed)
        {
            return Refused(new Refusal(RefusalName.RequestMalformed, malformed.Path ?? "not JSON"));
        }

        if (question?.TryRead() is not { } inquiry)
        {
            return Refused(new Refusal(RefusalName.RequestMalformed, "entry, provider, role or conditions"));
        }

        try
        {
            var fetched = await agent.FetchAsync(
                [question.Person], inquiry, new Asker(question.Operator, question.Terminal, question.Use, question.CaseReference ?? ""), cancellation);
            var exchange = fetched.ExchangeId?.ToString();
            var (provider, department) = (fetched.Choice?.Provider.Value, fetched.Choice?.Department);
            return fetched.Persons[0] switch
            {
                FetchedPerson.Answered answered => Results.Json(new LocalAnswer(exchange, "answered", provider, department, Kinds(answered.Kinds), null), Format),
                FetchedPerson.Pending pending => Results.Json(
                    new LocalAnswer(exchange, "pending", provider, department, null, pending.Deadline), Format, statusCode: StatusCodes.Status202Accepted),
                FetchedPerson.Refused refused => Refused(refused.Refusal, exchange),
                _ => throw new InvalidOperationException("A person is answered, pending or refused."),
            };
        }
        catch (ProviderNotMemberException elsewhere)
        {
            return Refused(elsewhere.Refusal with { Detail = elsewhere.Municipality }); // To the clerk, who has to ask there; to no log.
        }
        catch (RefusedException refused)
        {
            return Refused(refused.Refusal);
        }
    }

    internal static Dictionary<string, Dictionary<string, LocalItem>> Kinds(Requesting.AnsweredKinds kinds) => kinds.All.ToDictionary(
        kind => kind.Key.Value,
        kind => kind.Value.ToDictionary(
            item => item.Key,
            item => item.Value is ItemAnswer.Value value ? new LocalItem(value.Text, null) : new LocalItem(null, ((ItemAnswer.Absent)item.Value).Reason.Id),
            StringComparer.Ordinal),
        StringComparer.Ordinal);

    internal static LocalRefusal Told(Refusal refusal, string? exchange = null) =>
        new(refusal.Text, refusal.Detail, refusal.Retryable, refusal.CauseEn, refusal.WayOutEn, refusal.CauseJa, refusal.WayOutJa, exchange, Seconds(refusal.RetryAfter));

    private static IResult Refused(Refusal refusal, string? exchange = null) => Results.Json(
        Told(refusal, exchange),
        Format,
        statusCode: RefusalTable.Of(refusal.Name).Status switch
        {
            StatusCode.InvalidArgument => StatusCodes.Status400BadRequest,
            StatusCode.PermissionDenied or StatusCode.Unauthenticated => StatusCodes.Status403Forbidden,
            StatusCode.NotFound => StatusCodes.Status404NotFound,
            StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
            StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
            StatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
            StatusCode.Internal => StatusCodes.Status500InternalServerError,
            _ => StatusCodes.Status409Conflict,
        });

    private static int? Seconds(TimeSpan wait) => wait > TimeSpan.Zero ? (int)Math.Ceiling(wait.TotalSeconds) : null;
}

/// <summary>
/// Removes the socket that a killed process left, after the agent has started: by then this process alone holds the agency's ledger.
/// </summary>
internal sealed class StaleSocket(string path) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        File.Delete(path);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>What the existing system asks.</summary>
internal sealed record LocalQuestion(
    string Person, string Entry, string Operator, string Terminal, string Use, string? Provider = null, string? Role = null, LocalConditions? Conditions = null, string? CaseReference = null,
    bool Collect = false)
{
    /// <summary>Null where a name is not one.</summary>
    public Inquiry? TryRead()
    {
        SubjectRole? role = null;
        if (Role is not null)
        {
            if (!SubjectRole.TryParse(Role, out var read))
            {
                return null;
            }

            role = read;
        }

        AgencyId? provider = null;
        if (Provider is not null)
        {
            if (!AgencyId.TryParse(Provider, out var named))
            {
                return null;
            }

            provider = named;
        }

        return EntryId.TryParse(Entry, out var entry) && Conditions is not { IsBackwards: true }
            ? new Inquiry { Entry = entry, Provider = provider, Role = role, Conditions = Conditions?.ToConditions() ?? InquiryConditions.None, CollectsItself = Collect }
            : null;
    }
}

/// <summary>Inquiry conditions, dates as <c>yyyy-MM-dd</c>.</summary>
internal sealed record LocalConditions(int? TaxYear = null, DateOnly? From = null, DateOnly? To = null, DateOnly? AsOf = null, DateOnly? ClaimedOn = null)
{
    /// <summary>Half a period, or one that ends before it begins.</summary>
    [JsonIgnore]
    public bool IsBackwards => From is null != To is null || From > To;

    public InquiryConditions ToConditions() => new()
    {
        TaxYear = TaxYear,
        Period = From is { } from && To is { } to ? new InquiryPeriod(from, to) : null,
        AsOf = AsOf,
        ClaimedOn = ClaimedOn,
    };
}

/// <summary>What came back: who was asked, with the ward where a rule found a designated city; kinds with their items, or the time until which a human may answer.</summary>
internal sealed record LocalAnswer(
    string? ExchangeId, string Outcome, string? Provider, string? Department, Dictionary<string, Dictionary<string, LocalItem>>? Kinds, DateTimeOffset? PendingUntil);

/// <summary>A value, or the reason for its absence.</summary>
internal sealed record LocalItem(string? Value, string? Absent);

/// <summary>A refusal with its cause and the way out, and where it is a matter of time, when to ask again.</summary>
internal sealed record LocalRefusal(
    string Refused, string Detail, bool Retryable, string CauseEn, string WayOutEn, string CauseJa, string WayOutJa, string? ExchangeId, int? RetryAfterSeconds);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LocalQuestion))]
[JsonSerializable(typeof(LocalAnswer))]
[JsonSerializable(typeof(LocalRefusal))]
internal sealed partial class LocalJson : JsonSerializerContext;
