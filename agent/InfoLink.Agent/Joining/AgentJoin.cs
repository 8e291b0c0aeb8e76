using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using InfoLink.Agent.Calls;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting;
using InfoLink.Hosting.Trust;
using InfoLink.V1;

namespace InfoLink.Agent.Joining;

/// <summary>
/// How an agency's host joins a platform with a code (SPEC §10): keys made here and never leaving → introduced to the broker that the code pins → the
/// authority that the code names → wait for a signed list that names these keys → directory and catalog → configuration → a test of itself. It may be
/// stopped at any time and run again: what is done stays done, and once introduced it needs the code no more.
/// </summary>
public sealed class AgentJoin
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(30);
    private readonly AgentOptions _options;
    private readonly string _config;
    private readonly JoinCode _code;
    private readonly TimeProvider _time;
    private readonly Action<string> _tell;
    private readonly JoinFaults _faults;

    private AgentJoin(AgentOptions options, string config, JoinCode code, TimeProvider time, Action<string> tell) =>
        (_options, _config, _code, _time, _tell, _faults) = (options, config, code, time, tell, new JoinFaults(code, time));

    /// <param name="text">The join code.</param>
    /// <param name="folder">The agent's folder; made where it is not there.</param>
    /// <param name="listen">Address and port to serve other agents on.</param>
    /// <param name="endpoint">https://host:port under which they reach it.</param>
    /// <param name="time">Now.</param>
    /// <param name="loggers">For the test at the end.</param>
    /// <param name="tell">Progress, a line at a time.</param>
    /// <param name="cancellation">Stops waiting; nothing is lost.</param>
    /// <exception cref="InvalidOperationException">It cannot go on: the message names cause and way out.</exception>
    public static async Task RunAsync(
        string text, string folder, string listen, Uri endpoint, TimeProvider time, ILoggerFactory loggers, Action<string> tell, CancellationToken cancellation)
    {
        if (!JoinCode.TryParse(text, out var code))
        {
            throw new InvalidOperationException("This is not a join code: it is mistyped or cut off. Copy it whole, as 'infolink join-code' printed it.");
        }

        var config = Path.Combine(Path.GetFullPath(folder), "agent.json");
        var known = File.Exists(config);
        var options = known ? AgentOptions.Read(config) : new AgentOptions
        {
            Agency = code.Agency.Value,
            Listen = listen,
            Broker = code.Broker.GetLeftPart(UriPartial.Authority),
            Folder = Path.GetFullPath(folder),
        };
        if (!string.Equals(options.Agency, code.Agency.Value, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"The code is for agency {code.Agency}, and '{config}' is {options.Agency}'s. Take another folder.");
        }

        KeyFile.CreateFolder(options.Folder);
        var join = new AgentJoin(options, config, code, time, tell);
        using var identity = join.OwnIdentity(known);
        using var certificates = new LeafCertificates(identity, time);
        var trust = TrustFolder.Open(options.Full(options.Trust), time);
        if (trust.Held is null)
        {
            await join.IntroduceAsync(trust, certificates, endpoint, cancellation);
        }

        tell($"Fingerprint of this agency's key: {Fingerprint.OfKey(identity.PublicKey)}");
        tell("The broker's operator sees the same (infolink joined). Compare it by voice; then the authority signs the member list with it.");
        await join.ListenAsync(trust, certificates, cancellation);
        await join.TestAsync(loggers, cancellation);
        tell($"READY. Next: connect your sources in {config} ('sources'), then start: infolink-agent --config {config}");
    }

    /// <summary>Made once, together with the ledger and the other keys; the configuration is written last, so that it stands for all of them.</summary>
    private IdentityKey OwnIdentity(bool known)
    {
        if (!known)
        {
            AgentHost.Create(_options, _code.Platform, _time);
            _options.Write(_config);
            _tell($"Keys are made in {_options.Folder}. They do not leave this host; back the folder up.");
        }

        return IdentityKey.Open(SpiffeName.ForAgency(_code.Platform, _code.Agency), _options.Folder, _options.IdentityKey);
    }

    private async Task IntroduceAsync(TrustFolder trust, LeafCertificates certificates, Uri endpoint, CancellationToken cancellation)
    {
        if (_time.GetUtcNow() > _code.Expires)
        {
            throw new InvalidOperationException(
                $"The join code expired at {_code.Expires:yyyy-MM-dd HH:mm:ss} UTC, and this clock shows {_time.GetUtcNow():yyyy-MM-dd HH:mm:ss}. If the clock is right, ask for a new code.");
        }

        using var keys = OwnKeys.Read(_options, _code.Platform);
        using var channel = GrpcChannel.ForAddress(_code.Broker, new GrpcChannelOptions
        {
            HttpHandler = MutualTls.ClientHandler(certificates.Current, SpiffeName.ForBroker(_code.Platform), _code.BrokerKey, _time),
            DisposeHttpClient = true,
        });
        var request = new JoinRequest
        {
            Agency = _code.Agency.Value,
            Secret = Google.Protobuf.ByteString.CopyFrom(_code.RevealSecret()),
            IdentityKey = Google.Protobuf.ByteString.CopyFrom(certificates.State.IdentityKey.Spki.Span),
            LogKey = keys.Log.Key.ToString(),
            WitnessKey = keys.Witness.Key.ToString(),
            Endpoint = endpoint.GetLeftPart(UriPartial.Authority),
        };
        var reply = await CalledAsync(async () => await new JoinService.JoinServiceClient(channel).JoinAsync(
            request, deadline: TimeProvider.System.GetUtcNow().UtcDateTime + CallTimeout, cancellationToken: cancellation), cancellation);
        RequireClock(DateTimeOffset.FromUnixTimeMilliseconds(reply.TimeMs));
        Adopt(trust, reply);
        _tell($"Introduced to the broker at {_code.Broker}. Authority of {_code.Platform}: {trust.Held!.Authority.Fingerprint}");
    }

    /// <summary>Of the authorities that the broker shows, the one that the code names, and those after it.</summary>
    private void Adopt(TrustFolder trust, JoinReply reply)
    {
        try
        {
            var documents = reply.Authority.Select(bytes => SignedDocument.Parse(bytes.Span)).ToList();
            var named = documents.FindIndex(document => Fingerprint.OfDigest(document.Sha256) == _code.Authority);
            if (named < 0)
            {
                throw new InvalidOperationException(
                    $"The broker does not show the authority that the code names ({_code.Authority}): this is another root. Do not go on; ask the operator who gave you the code.");
            }

            trust.Adopt(documents[named], _code.Authority);
            documents.Skip(named + 1).ToList().ForEach(document => trust.Accept(document));
        }
        catch (DocumentException refused)
        {
            throw new InvalidOperationException($"The authority's document is not taken: {refused.Message}", refused);
        }
    }

    /// <summary>Waits until a signed list names this agency, and takes what the broker passes on.</summary>
    private async Task ListenAsync(TrustFolder trust, LeafCertificates certificates, CancellationToken cancellation)
    {
        using var channel = GrpcChannel.ForAddress(new Uri(_options.Broker), new GrpcChannelOptions
        {
            HttpHandler = MutualTls.ClientHandler(certificates.Current, SpiffeName.ForBroker(_code.Platform), _code.BrokerKey, _time),
            DisposeHttpClient = true,
        });
        var (began, told) = (_time.GetTimestamp(), _time.GetTimestamp());
        RpcException? away = null;
        _tell("Waiting for the signed member list …");
        while (true)
        {
            try
            {
                if (await TakeAsync(trust, new TrustService.TrustServiceClient(channel), cancellation))
                {
                    _tell($"The member list (version {trust.Held!.Members!.Header.Version}), the catalog (version {trust.Held.Catalogs.Newest!.Version}) and the directory are here.");
                    return;
                }
            }
            catch (RpcException) when (cancellation.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellation);
            }
            catch (RpcException fault) when (RefusalWire.TryRead(fault)?.Name is RefusalName.MemberUnknown)
            {
                away = null; // Not signed or not published yet.
            }
            catch (RpcException fault) when (RefusalWire.TryRead(fault)?.Name is RefusalName.CertificateUntrusted)
            {
                if (away is null)
                {
                    _tell($"The member list in force names another key for {_code.Agency}, as it does where the agency had a host before; waiting for the one that names this key. If this clock ({_time.GetUtcNow():yyyy-MM-dd HH:mm:ss} UTC) is wrong, set it.");
                }

                away = fault;
            }
            catch (RpcException fault) when (fault.StatusCode is StatusCode.Unavailable or StatusCode.Cancelled && RefusalWire.TryRead(fault) is null && !fault.IsPeerMismatch())
            {
                // A list may take days until it is signed; a broker that is restarted meanwhile ends nothing.
                if (away is null)
                {
                    _tell($"The broker at {_options.Broker} is not reached at the moment ({fault.StatusCode}); trying again until it is.");
                }

                away = fault;
            }
            catch (RpcException fault)
            {
                throw _faults.Why(fault);
            }

            if (_time.GetElapsedTime(told) > TellEvery)
            {
                told = _time.GetTimestamp();
                _tell($"Waiting for the signed member list since {_time.GetElapsedTime(began).TotalMinutes:0.0} min{(away is { StatusCode: StatusCode.Unavailable or StatusCode.Cancelled } ? "; the broker is not reached" : "")}. You may stop, and run the same command again.");
            }

            await Task.Delay(LookEvery, _time, cancellation);
        }
    }

    private async Task<bool> TakeAsync(TrustFolder trust, TrustService.TrustServiceClient client, CancellationToken cancellation)
    {
        var held = trust.Held!;
        using var call = client.Watch(
            new WatchRequest
            {
                Authority = (uint)held.Authorities[^1].Header.Version,
                Members = (uint)(held.Members?.Header.Version ?? 0),
                Catalog = (uint)(held.CatalogDocuments.LastOrDefault()?.Header.Version ?? 0),
            },
            cancellationToken: cancellation);
        var pieces = new DocumentPieces();
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            if (call.ResponseStream.Current is not { Piece.IsEmpty: false } piece || pieces.Add(piece) is not { } document)
            {
                continue;
            }

            try
            {
                if (Authoring.Documents.KindOf(document) != DocumentKind.Directory)
                {
                    trust.Accept(document);
                }
                else if (trust.Held!.Members is { Value: var members } && members.TryFind(_code.Agency, out _) && trust.Held.Catalogs.Newest is not null)
                {
                    DirectoryFileOnDisk.Open(Path.Combine(_options.Full(_options.Trust), "directory.json"), members, _time).Take(document, members, _time.GetUtcNow());
                    return true;
                }
            }
            catch (DocumentException refused)
            {
                throw new InvalidOperationException($"The broker passes on a document that is not taken: {refused.Message}", refused);
            }
        }

        return false;
    }

    /// <summary>Starts the agent once and reaches it as others will.</summary>
    private async Task TestAsync(ILoggerFactory loggers, CancellationToken cancellation)
    {
        await using var host = await AgentHost.StartAsync(_options, new Dictionary<KindId, IInformationSource>(), _time, loggers);
        var members = host.Trust.Members;
        members.TryFind(_code.Agency, out var self);
        if (self?.Endpoint is not { } endpoint)
        {
            _tell("The directory has no endpoint of this agency yet: the broker's operator sets it (infolink member endpoint). Others cannot ask here until then.");
            return;
        }

        try
        {
            var channel = host.Channels.ToMember(host.Certificates.Current, members, self);
            await new Health.HealthClient(channel).CheckAsync(
                new HealthCheckRequest(), deadline: _time.GetUtcNow().UtcDateTime + CallTimeout, cancellationToken: cancellation);
            _tell($"Tested: this agent answers at {endpoint}.");
        }
        catch (RpcException fault)
        {
            _tell($"ATTENTION: this agent does not answer at {endpoint}, where others will look for it ({fault.StatusCode}). Look at 'listen', the firewall and the address translation before you start.");
        }
    }

    private void RequireClock(DateTimeOffset broker)
    {
        var off = _time.GetUtcNow() - broker;
        if (off.Duration() > Contracts.Tokens.TokenRules.ClockSkew + CallTimeout)
        {
            throw new InvalidOperationException(
                $"This clock is {Math.Abs(off.TotalSeconds):0} s {(off > TimeSpan.Zero ? "ahead of" : "behind")} the broker's. Tokens live for 60 s: set the clock (NTP), then join again with the same code.");
        }
    }

    private async Task<T> CalledAsync<T>(Func<Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            return await call();
        }
        catch (RpcException fault) when (fault.IsGivenUp(cancellation))
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (RpcException fault)
        {
            throw _faults.Why(fault);
        }
    }
}
