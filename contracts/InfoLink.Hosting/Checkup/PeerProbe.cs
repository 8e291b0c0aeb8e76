using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Tokens;

namespace InfoLink.Hosting.Checkup;

/// <summary>What came of calling another party as any exchange would call it.</summary>
public sealed record PeerReach
{
    public required Uri Endpoint { get; init; }

    /// <summary>TLS as negotiated, e.g. <c>TLS 1.3, TLS_AES_256_GCM_SHA384</c>; null: it did not come to that.</summary>
    public string? Tls { get; init; }

    /// <summary>The certificate that the server showed, accepted or not: its name, and when it is valid.</summary>
    public ShownLeaf? Leaf { get; init; }

    /// <summary>Why it is not reached; null: it is.</summary>
    public string? Fault { get; init; }

    /// <summary>What to do about the fault.</summary>
    public string WayOut { get; init; } = "";

    /// <summary>It answers, and says that it can serve.</summary>
    public bool IsServing { get; init; }

    /// <summary>How far this clock is ahead of the other's, to about a second; null: it did not say.</summary>
    public TimeSpan? ClockAhead { get; init; }
}

/// <summary>A leaf as its holder showed it.</summary>
public sealed record ShownLeaf(SpiffeName? Name, DateTimeOffset NotBefore, DateTimeOffset NotAfter);

/// <summary>Calls a party's health over mTLS, and says of everything on the way how it went.</summary>
public static class PeerProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <param name="own">This party's leaves.</param>
    /// <param name="name">Whom the server must prove to be.</param>
    /// <param name="identity">Under which keys.</param>
    /// <param name="endpoint">Where.</param>
    /// <param name="time">This party's clock.</param>
    public static async Task<PeerReach> ReachAsync(LeafGeneration own, SpiffeName name, IdentityKeys identity, Uri endpoint, TimeProvider time)
    {
        ShownLeaf? shown = null;
        string? tls = null;
        var handler = MutualTls.ClientHandler(own, name, identity, time);
        var accepts = handler.SslOptions.RemoteCertificateValidationCallback!;
        handler.SslOptions.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
        {
            shown = certificate is X509Certificate2 leaf ? new ShownLeaf(LeafCertificate.NameOf(leaf), Utc(leaf.NotBefore), Utc(leaf.NotAfter)) : null;
            return accepts(sender, certificate, chain, errors);
        };
        handler.PlaintextStreamFilter = (context, _) =>
        {
            if (context.PlaintextStream is SslStream stream)
            {
                tls = $"{(stream.SslProtocol == SslProtocols.Tls13 ? "TLS 1.3" : stream.SslProtocol.ToString())}, {stream.NegotiatedCipherSuite}";
            }

            return ValueTask.FromResult(context.PlaintextStream);
        };
        using var channel = GrpcChannel.ForAddress(endpoint, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        try
        {
            using var call = new Health.HealthClient(channel).CheckAsync(
                new HealthCheckRequest(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Patience);
            var headers = await call.ResponseHeadersAsync;
            var arrived = time.GetUtcNow();
            var reply = await call.ResponseAsync;
            return new PeerReach
            {
                Endpoint = endpoint,
                Tls = tls,
                Leaf = shown,
                IsServing = reply.Status == HealthCheckResponse.Types.ServingStatus.Serving,
                ClockAhead = Ahead(headers, arrived),
            };
        }
        catch (RpcException fault)
        {
            var (what, wayOut) = Why(fault, shown, name, time.GetUtcNow());
            return new PeerReach { Endpoint = endpoint, Tls = tls, Leaf = shown, Fault = what, WayOut = wayOut };
        }
    }

    /// <summary>What a reach says, as a line of the sheet.</summary>
    public static Check Judge(string about, PeerReach reach)
    {
        if (reach.Fault is { } fault)
        {
            return new Check(about, CheckState.Wrong, $"{reach.Endpoint}: {fault}", reach.WayOut);
        }

        var leaf = reach.Leaf is { } shown ? $", its certificate until {shown.NotAfter:yyyy-MM-dd HH:mm} UTC" : "";
        return reach.IsServing
            ? new Check(about, CheckState.Ok, $"{reach.Endpoint}, {reach.Tls}{leaf}")
            : new Check(about, CheckState.Wrong, $"{reach.Endpoint} is reached, and says that it cannot serve: it cannot write its log.", "Its operator looks at its log store: disk, database.");
    }

    /// <summary>Two clocks against each other: tokens live for 60 s, and 10 s of difference are borne.</summary>
    /// <param name="about">The line's name.</param>
    /// <param name="ahead">How far this clock is ahead; null: there was no other.</param>
    /// <param name="whose">Whose the other is, e.g. "the broker's".</param>
    public static Check JudgeClock(string about, TimeSpan? ahead, string whose)
    {
        const double Remarkable = 3; // A Date header has whole seconds.
        if (ahead is not { } off)
        {
            return new Check(about, CheckState.Attention, "There was no other clock to compare this one with.", "Look again when others are reached.");
        }

        var seconds = Math.Abs(off.TotalSeconds);
        var found = string.Create(CultureInfo.InvariantCulture, $"This clock is {seconds:0} s {(off > TimeSpan.Zero ? "ahead of" : "behind")} {whose}");
        const string Ntp = "Set the clock that is wrong, and keep both by NTP (timedatectl, chronyc tracking).";
        return seconds > TokenRules.ClockSkew.TotalSeconds ? new Check(about, CheckState.Wrong, $"{found}; more than {TokenRules.ClockSkew.TotalSeconds:0} s, and tokens are refused.", Ntp)
            : seconds > Remarkable ? new Check(about, CheckState.Attention, $"{found}; from {TokenRules.ClockSkew.TotalSeconds:0} s on tokens are refused.", Ntp)
            : new Check(about, CheckState.Ok, $"within {Remarkable:0} s of {whose}");
    }

    private static TimeSpan? Ahead(Metadata headers, DateTimeOffset arrived) =>
        DateTimeOffset.TryParse(headers.GetValue("date"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var theirs)
            ? arrived - (theirs + TimeSpan.FromSeconds(0.5))
            : null;

    private static (string What, string WayOut) Why(RpcException fault, ShownLeaf? shown, SpiffeName name, DateTimeOffset now)
    {
        if (Cause<AuthenticationException>(fault) is not null && shown is not null)
        {
            return NotAccepted(shown, name, now);
        }

        return Cause<SocketException>(fault)?.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => ("nothing listens there (connection refused).", "Start it; or correct the address: 'listen' there, and here 'broker' in agent.json for the broker, the directory (infolink member endpoint) for agencies."),
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => ("the name is not known (DNS).", "Correct the name in the directory (infolink member endpoint), or this host's DNS."),
            SocketError.TimedOut or SocketError.HostUnreachable or SocketError.NetworkUnreachable => ("no answer: the network does not lead there.", "Look at the route and the firewalls between."),
            _ when Cause<AuthenticationException>(fault) is not null => ("TLS does not come about: what listens there is no InfoLink party, or something in between ends TLS.", "No proxy may end TLS on the way; let it pass the connection through."),
            _ when fault.StatusCode is StatusCode.DeadlineExceeded || Cause<OperationCanceledException>(fault) is not null => ("no answer in time.", "Look at the route and the firewalls between; then at the load there."),
            _ => ($"the call failed ({fault.StatusCode}).", "Look at the log of the process there."),
        };
    }

    private static (string What, string WayOut) NotAccepted(ShownLeaf shown, SpiffeName name, DateTimeOffset now)
    {
        if (shown.Name != name)
        {
            return ($"the server shows a certificate of {shown.Name?.ToString() ?? "nobody that InfoLink knows"}, not of {name}.", "The directory leads to the wrong host: infolink member endpoint.");
        }

        return now < shown.NotBefore || now > shown.NotAfter
            ? ($"the server's certificate is valid from {shown.NotBefore:yyyy-MM-dd HH:mm} to {shown.NotAfter:yyyy-MM-dd HH:mm} UTC, and this clock shows {now:yyyy-MM-dd HH:mm:ss}.",
                "Set the clock that is wrong (NTP). If both are right, the server does not renew its certificates: its process's log says why.")
            : ("the server's certificate does not stand under the identity key that the member list names.", "Either its key was changed and the member list was not, or somebody is in its place. Ask its operator for the fingerprint, by voice.");
    }

    private static T? Cause<T>(RpcException fault)
        where T : Exception
    {
        for (var cause = fault.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            if (cause is T found)
            {
                return found;
            }
        }

        return null;
    }

    private static DateTimeOffset Utc(DateTime time) => new(time.ToUniversalTime(), TimeSpan.Zero);
}
