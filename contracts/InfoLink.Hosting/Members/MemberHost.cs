using System.Net;
using Grpc.Core;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Limits;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency;
using InfoLink.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace InfoLink.Hosting.Members;

/// <summary>
/// What every member runs that is no agency: its identity and certificates, the authority's documents kept up to date by listening to the broker, calls to
/// others, and one port. What it serves is its owner's.
/// </summary>
public sealed partial class MemberHost : IAsyncDisposable
{
    private readonly Stack<object> _owned = new();
    private readonly MemberOptions _options;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly PeerCertificates _peers;
    private WebApplication? _server;
    private TrustWatch? _watch;
    private bool _ended;

    private MemberHost(MemberOptions options, TimeProvider time, ILoggerFactory loggers) =>
        (_options, _time, _loggers, _peers) = (options, time, loggers, new PeerCertificates(time));

    /// <summary>What it believes of the platform.</summary>
    public TrustBase Trust { get; private set; } = null!;

    /// <summary>Its own certificates, TLS and signing.</summary>
    public LeafCertificates Certificates { get; private set; } = null!;

    /// <summary>Its connections to broker and members.</summary>
    public Channels Channels { get; private set; } = null!;

    /// <summary>Where it serves.</summary>
    /// <exception cref="InvalidOperationException">It does not serve yet.</exception>
    public Uri Endpoint => new((_server ?? throw new InvalidOperationException("It does not serve yet.")).Urls.Single());

    /// <summary>Makes its folder and identity key. Nothing is ever overwritten.</summary>
    /// <returns>The public half, for the member list.</returns>
    /// <exception cref="IOException">A key is there already.</exception>
    public static P256PublicKey Create(MemberOptions options, string platform)
    {
        KeyFile.CreateFolder(options.Folder);
        KeyFile.CreateFolder(options.Full(options.Data));
        KeyFile.CreateFolder(options.Full(options.Trust));
        using var identity = OwnIdentity.Create(SpiffeName.ForAgency(platform, AgencyId.Parse(options.Id)), options.Folder, options.IdentityKey);
        return identity.PublicKey;
    }

    /// <summary>Takes the authority's signed documents into a member's folder that holds none yet, the authority's own first.</summary>
    /// <returns>A line for each document.</returns>
    /// <exception cref="DocumentException">One is not taken; those before it are.</exception>
    public static IReadOnlyList<string> TakeDocuments(MemberOptions options, IEnumerable<SignedDocument> documents, TimeProvider time)
    {
        var folder = TrustFolder.Open(options.Full(options.Trust), time);
        var told = new List<string>();
        foreach (var document in documents)
        {
            var kind = Authoring.Documents.KindOf(document);
            if (folder.Held is null && kind == DocumentKind.Authority)
            {
                told.Add($"authority {folder.Adopt(document).Header.Version} is taken. Compare its fingerprint with the key holders: {folder.Held!.Authority.Fingerprint}");
            }
            else if (folder.Held is null)
            {
                throw new InvalidOperationException("The authority's own document comes first: by it the others are judged.");
            }
            else
            {
                told.Add(folder.Accept(document) ? $"{kind.Name()}: taken" : $"{kind.Name()}: held already");
            }
        }

        return told;
    }

    /// <summary>Opens what it has: nothing is served and nobody is called yet.</summary>
    /// <param name="options">Where everything is.</param>
    /// <param name="flag">What the member list must say of it, see <see cref="MemberFlags"/>.</param>
    /// <param name="time">Now.</param>
    /// <param name="loggers">For what it says.</param>
    /// <param name="misfits">What else must fit, by the member list and its own place there.</param>
    /// <exception cref="InvalidOperationException">Configuration, documents or key are not in order: all errors at once.</exception>
    public static MemberHost Open(
        MemberOptions options, string flag, TimeProvider time, ILoggerFactory loggers, Func<MemberList, Member, IEnumerable<string>>? misfits = null)
    {
        StartErrors.Refuse("The configuration has errors", [.. options.Errors()]);
        var folder = TrustFolder.Open(options.Full(options.Trust), time);
        if (folder.Held is not { Members.Value: { } members, Catalogs.Newest: not null })
        {
            throw new InvalidOperationException(
                $"'{options.Full(options.Trust)}' does not hold an authority, a member list and a catalog. Put the signed documents there first: init --trust FOLDER.");
        }

        var host = new MemberHost(options, time, loggers);
        try
        {
            host.Compose(folder, members, flag, misfits ?? ((_, _) => []));
            return host;
        }
        catch
        {
            host._owned.OfType<IDisposable>().ToList().ForEach(part => part.Dispose());
            throw;
        }
    }

    /// <summary>Begins to serve, and to listen to the broker.</summary>
    /// <param name="edges">Its services.</param>
    /// <param name="maxMessage">Bytes of the largest request.</param>
    public async Task ServeAsync(IReadOnlyList<ServedEdge> edges, int maxMessage)
    {
        _server = Own(MutualPort.Build(
            edges,
            IPEndPoint.Parse(_options.Listen),
            Certificates,
            leaf => _peers.Decide(Trust.Members, leaf) is PeerDecision.Known,
            new PortLimits { MaxMessage = maxMessage, Connections = _options.Connections, ConnectionsOfOneMember = _options.ConnectionsOfOneMember },
            _time,
            _loggers));
        await _server.StartAsync();
        _watch!.Start();
    }

    /// <summary>Who calls, by its certificate, and with these flags of the member list.</summary>
    /// <exception cref="RpcException">Not a member, suspended, or without a flag. Who has not heard from the broker for long does not know, and serves nobody.</exception>
    public Member CallerOf(ServerCallContext context, params ReadOnlySpan<string> flags)
    {
        var member = _peers.Decide(Trust.Members, context.GetHttpContext().Connection.ClientCertificate).OrThrow().Member;
        foreach (var flag in flags)
        {
            if (!member.Has(flag))
            {
                throw new Contracts.Refusals.Refusal(RefusalName.MemberNotEntitled, flag).ToRpcException();
            }
        }

        return Trust.WhyNotFresh() is { } stale ? throw stale.ToRpcException() : member;
    }

    /// <summary>Healthy as its log is, where it writes one.</summary>
    public void TellHealthOf(AccessLog log) => (_server ?? throw new InvalidOperationException("It does not serve yet.")).TellHealthOf(log);

    public Task WaitForShutdownAsync(CancellationToken cancellation) => _server!.WaitForShutdownAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _ended, true))
        {
            return;
        }

        if (_server is not null)
        {
            await _server.DrainAsync();
        }

        await Ending.DisposeAllAsync(_owned);
    }

    private void Compose(TrustFolder folder, MemberList members, string flag, Func<MemberList, Member, IEnumerable<string>> more)
    {
        var self = AgencyId.Parse(_options.Id);
        var identity = Own(OwnIdentity.Open(
            SpiffeName.ForAgency(members.Platform, self), _options.Folder, _options.IdentityKey, _options.NextIdentityKey, _loggers.CreateLogger<OwnIdentity>()));
        var listed = members.TryFind(self, out var member) ? member : null;
        var issuer = listed is null ? null : identity.For(listed.IdentityKeys);
        StartErrors.Refuse("It does not fit the member list", [.. Misfits(self, listed, issuer, flag), .. listed is null ? [] : more(members, listed)]);
        KeyFile.CreateFolder(_options.Full(_options.Data));
        var directory = DirectoryFileOnDisk.Open(Path.Combine(_options.Full(_options.Trust), "directory.json"), members, _time);
        Trust = new TrustBase(self, folder, directory, new Uri(_options.Broker), _time);
        Certificates = Own(new LeafCertificates(issuer!, _time, TimeSpan.FromSeconds(_options.LeafLifetimeSeconds), _loggers.CreateLogger<LeafCertificates>()));
        Channels = Own(new Channels(_time));
        var evidence = new EvidenceFolder(_options.DataFile("evidence"), _time, _loggers.CreateLogger<EvidenceFolder>());
        _watch = Own(new TrustWatch(Trust, directory, Channels, Certificates, evidence, _time, _loggers.CreateLogger<TrustWatch>()));
        var change = Own(new IdentityChange(identity, Certificates, _time));
        var logger = _loggers.CreateLogger<MemberHost>();
        Trust.Changed = () =>
        {
            var now = Trust.Members.TryFind(self, out var present) ? present : null;
            foreach (var misfit in Misfits(self, now, now is null ? null : identity.For(now.IdentityKeys), flag).Concat(now is null ? [] : more(Trust.Members, now)))
            {
                Log.FitsNoLonger(logger, misfit);
            }

            if (now is not null)
            {
                change.Follow(now.IdentityKeys);
            }
        };
    }

    private static List<string> Misfits(AgencyId self, Member? listed, IdentityKey? issuer, string flag)
    {
        var misfits = new List<string>();
        if (listed is null)
        {
            misfits.Add($"The member list does not name '{self}'. The authority adds it, with the identity key that init printed.");
        }
        else if (issuer is null)
        {
            misfits.Add($"The member list names another identity key for '{self}' than the one here. Compare fingerprints; the authority signs the right one.");
        }

        if (listed is not null && !listed.Has(flag))
        {
            misfits.Add($"The member list does not give '{self}' the flag '{flag}'. The authority adds it.");
        }

        return misfits;
    }

    private T Own<T>(T part)
        where T : notnull
    {
        _owned.Push(part);
        return part;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Critical, "ALARM: this member does not fit the platform any more. {Misfit}")]
        public static partial void FitsNoLonger(ILogger logger, string misfit);
    }
}
