using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Trust;
using InfoLink.Transparency;
using Microsoft.AspNetCore.Connections.Features;

namespace InfoLink.Broker.Operating;

/// <summary>
/// Where the operator's tool reaches a running broker: JSON over a Unix socket in the data folder, which only the broker's own user enters. Who acts is
/// the name that is given and the account at the other end of the socket, which the kernel names.
/// </summary>
internal static class OperatorPort
{
    private const int MaxBody = SignedDocument.MaxBytes;
    private const int LongestReason = 500;
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>The socket of a broker with this data folder.</summary>
    public static string PathIn(string data) => Path.GetFullPath(Path.Combine(data, "operator.sock"));

    public static WebApplication Build(OperatorActs acts, string data, ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton(loggers);
        var socket = PathIn(data);
        KeyFile.CreateFolder(data);
        File.Delete(socket); // One process writes this broker's log; a socket that is there was left by a process that was killed.
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBody;
            kestrel.Limits.MaxConcurrentConnections = 20;
            kestrel.ListenUnixSocket(socket);
        });
        var server = builder.Build();
        server.MapGet("/v1/status", () => Results.Json(acts.Status(), Format));
        server.MapGet("/v1/joined", () => Results.Json(acts.Joined(), Format));
        server.MapPost("/v1/publish", (Delegate)PublishAsync);
        server.MapPost("/v1/acts", (Delegate)ActAsync);
        return server;

        Task<IResult> PublishAsync(HttpContext context) => AnswerAsync(async () =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            var document = SignedDocument.Parse(body.GetBuffer().AsSpan(0, (int)body.Length));
            return new Done(await acts.PublishAsync(Who(context, context.Request.Query["operator"].ToString()), document));
        });

        Task<IResult> ActAsync(HttpContext context) => AnswerAsync(async () =>
        {
            var act = await context.Request.ReadFromJsonAsync<Act>(Format, context.RequestAborted) ?? throw new FormatException("No act was sent.");
            return await DoAsync(acts, act, Who(context, act.Operator));
        });
    }

    private static async Task<object> DoAsync(OperatorActs acts, Act act, string who)
    {
        var reason = act.Reason ?? "";
        if (reason.Length > LongestReason || reason.Any(char.IsControl))
        {
            throw new FormatException($"A reason has at most {LongestReason} characters, on one line.");
        }

        switch (act.What)
        {
            case "suspend":
                await acts.SuspendAsync(who, Agency(act), Reason(reason));
                return new Done($"{act.About} is suspended.");
            case "resume":
                await acts.ResumeAsync(who, Agency(act), reason);
                return new Done($"{act.About} takes part again.");
            case "switch-off":
                await acts.SwitchOffAsync(who, Entry(act), Reason(reason));
                return new Done($"{act.About} is switched off.");
            case "switch-on":
                await acts.SwitchOnAsync(who, Entry(act), reason);
                return new Done($"{act.About} is switched on, as far as the catalog allows it.");
            case "endpoint":
                await acts.SetEndpointAsync(who, Agency(act), act.Endpoint is null ? null : Endpoints.TryParse(act.Endpoint, out var endpoint) ? endpoint : throw new FormatException("An endpoint is https://host:port."));
                return new Done($"{act.About} is reached at {act.Endpoint ?? "no address"}.");
            case "destroy-master":
                var epoch = byte.TryParse(act.About, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
                    ? number
                    : throw new FormatException($"'{act.About}' is not a code epoch, 1 to 255.");
                return new Done($"The master of epoch {epoch} is destroyed at this broker. Certificate: {await acts.DestroyMasterAsync(who, epoch, Reason(reason))}");
            case "join-code":
                var life = TimeSpan.FromMinutes(act.Minutes ?? 30);
                var code = life >= Joining.JoinCodes.Shortest && life <= Joining.JoinCodes.Longest
                    ? await acts.GiveJoinCodeAsync(who, Agency(act), life)
                    : throw new FormatException("A join code is good for 10 to 60 minutes.");
                return new GivenCode(code.Reveal(), code.Expires, code.Authority.ToString(), code.Broker);
            default:
                throw new FormatException("There is no such act.");
        }
    }

    private static AgencyId Agency(Act act) => AgencyId.TryParse(act.About, out var agency) ? agency : throw new FormatException($"'{act.About}' is not an agency id.");

    private static EntryId Entry(Act act) => EntryId.TryParse(act.About, out var entry) ? entry : throw new FormatException($"'{act.About}' is not an entry id.");

    private static string Reason(string reason) => reason.Length > 0 ? reason : throw new FormatException("Say why (--reason): it stands in the log.");

    /// <summary>Faults that have a cause the operator can mend are answers; others are the server's.</summary>
    private static async Task<IResult> AnswerAsync(Func<Task<object>> act)
    {
        try
        {
            return Results.Json(await act(), Format);
        }
        catch (Exception fault) when (fault is FormatException or DocumentException or JsonException or InvalidOperationException)
        {
            return Results.Json(new NotDone(fault.Message), Format, statusCode: StatusCodes.Status409Conflict);
        }
        catch (Exception fault) when (fault is LogUnavailableException or IOException)
        {
            return Results.Json(new NotDone($"Nothing was done: {fault.Message}"), Format, statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }

    /// <summary>The name given, and the account of whoever holds the socket's other end.</summary>
    private static string Who(HttpContext context, string? name)
    {
        const int MaxName = 100;
        if (string.IsNullOrWhiteSpace(name) || name.Length > MaxName || name.Any(char.IsControl))
        {
            throw new FormatException($"Say who acts (--operator): 1 to {MaxName} characters; it stands in the log.");
        }

        return context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket && OperatingSystem.IsLinux() ? $"{name} (uid {Uid(socket)})" : name;
    }

    /// <summary>SO_PEERCRED (unix(7)): pid, uid, gid of the peer when it connected.</summary>
    private static int Uid(Socket socket)
    {
        const int SolSocket = 1;
        const int SoPeerCred = 17;
        Span<byte> credentials = stackalloc byte[12];
        socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
        return BitConverter.ToInt32(credentials[4..]);
    }

    internal sealed record Act(string What, string About, string Operator, string? Reason = null, int? Minutes = null, string? Endpoint = null);

    private sealed record Done(string Result);

    private sealed record NotDone(string Error);

    private sealed record GivenCode(string Code, DateTimeOffset Expires, string Authority, Uri Broker);
}
