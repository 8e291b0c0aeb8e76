using System.Net.Sockets;
using Grpc.Core;
using InfoLink.Agent.Linking;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting;
using InfoLink.Hosting.Checkup;
using InfoLink.Hosting.Trust;
using InfoLink.V1;

namespace InfoLink.Agent.Checkup;

/// <summary>
/// <c>infolink-agent doctor</c>: looks at everything that an agent stands on, running or not, from its own folder and as its own user, and changes nothing.
/// </summary>
public sealed class AgentDoctor
{
    private const string Renewal = "The broker passes on what the authority signs: make the broker reachable (below), or ask its operator whether the next one is published.";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly AgentOptions _options;
    private readonly string _socket;
    private readonly TimeProvider _time;
    private readonly CheckSheet _sheet = new();

    private AgentDoctor(AgentOptions options, string socket, TimeProvider time) => (_options, _socket, _time) = (options, socket, time);

    /// <param name="options">The agent's.</param>
    /// <param name="socket">Where the running agent listens to its own systems.</param>
    /// <param name="time">This host's clock.</param>
    public static async Task<CheckSheet> LookAsync(AgentOptions options, string socket, TimeProvider time)
    {
        var doctor = new AgentDoctor(options, socket, time);
        await doctor.LookAsync();
        return doctor._sheet;
    }

    private TimeSpan Lifetime => TimeSpan.FromSeconds(_options.LeafLifetimeSeconds);

    private async Task LookAsync()
    {
        if (_options.Errors() is { Count: > 0 } errors)
        {
            _sheet.Wrong("agent.json", string.Join('\n', errors), "Correct the file; then look again.");
            return;
        }

        _sheet.Ok("agent.json", "without errors");
        var runs = await RunsAsync();
        if (OpenTrust() is not { Members.Value: { } list, Catalogs: { Newest: { } catalog } catalogs })
        {
            return;
        }

        var directory = OpenDirectory(list);
        var members = list.With(directory ?? BrokerDirectory.Empty, new Uri(_options.Broker));
        var self = AgencyId.Parse(_options.Agency);
        _sheet.Add([HoursCheck.Of(_options.Service, directory, self, _time.GetUtcNow())]);
        using var identity = OpenIdentity(members, self);
        var issuer = identity is null ? null : Fit(identity, members, self, catalog);
        await StoresAsync(catalogs);
        if (issuer is null)
        {
            return; // Nobody would believe a call.
        }

        using var certificates = new LeafCertificates(issuer, _time, Lifetime);
        await BrokerAsync(certificates.Current, members);
        members.TryFind(self, out var own);
        await LinksAsync(own!);
        if (runs)
        {
            await SelfAsync(certificates.Current, members, own!);
        }

        _sheet.Add((await PeerChecks.OfAsync(certificates.Current, members, self, _time)).Checks);
    }

    private async Task<bool> RunsAsync()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socket));
            _sheet.Ok("process", "an agent runs on this folder");
            return true;
        }
        catch (SocketException)
        {
            _sheet.Attention("process", "No agent runs on this folder.", $"infolink-agent --config {Path.Combine(_options.Folder, "agent.json")}");
            return false;
        }
    }

    private HeldTrust? OpenTrust()
    {
        try
        {
            if (TrustFolder.Open(_options.Full(_options.Trust), _time).Held is { } held)
            {
                _sheet.Add(new TrustChecks(_time, Renewal).OfDocuments(held));
                return held;
            }

            _sheet.Wrong("authority", $"'{_options.Full(_options.Trust)}' does not hold an authority's document: this agent has joined no platform.", "infolink-agent join, with a code from the broker's operator.");
        }
        catch (InvalidOperationException fault)
        {
            _sheet.Wrong("authority", fault.Message, "Move the file away; the broker sends it again when the agent starts. Never the first authority: that is the anchor, restore it from the backup.");
        }

        return null;
    }

    private BrokerDirectory? OpenDirectory(MemberList list)
    {
        const string WayOut = "Make the broker reachable; a running agent takes the newest one at once.";
        var kept = DirectoryFileOnDisk.Open(Path.Combine(_options.Full(_options.Trust), "directory.json"), list, _time);
        if (kept.WhyNotUsed is { } why)
        {
            _sheet.Wrong("directory", why, WayOut);
            return null;
        }

        _sheet.Add([new TrustChecks(_time, Renewal).OfDirectory(kept.Current, WayOut)]);
        return kept.Current;
    }

    private OwnIdentity? OpenIdentity(MemberList members, AgencyId self)
    {
        string[] names = [_options.LogKey, _options.WitnessKey, _options.ContentKey, .. _options.Sources.Any(source => source.Replica is not null) ? (string[])[_options.ReplicaKey] : [], .. Pkcs11Uri.Is(_options.IdentityKey) ? (string[])[] : [_options.IdentityKey]];
        var found = KeyChecks.OfFiles([.. names.Select(_options.Full)]).ToList();
        _sheet.Add(found);
        if (found.Exists(check => check.State == CheckState.Wrong))
        {
            return null;
        }

        try
        {
            return OwnIdentity.Open(SpiffeName.ForAgency(members.Platform, self), _options.Folder, _options.IdentityKey, _options.NextIdentityKey);
        }
        catch (InvalidOperationException fault)
        {
            _sheet.Wrong("keys", fault.Message, "Put the key back from the backup, or bring its token back (reader, PIN file).");
            return null;
        }
    }

    /// <returns>The key to issue under; null: none that the list names.</returns>
    private IdentityKey? Fit(OwnIdentity identity, MemberList members, AgencyId self, StatuteCatalog catalog)
    {
        var issuer = members.TryFind(self, out var member) ? identity.For(member.IdentityKeys) : null;
        try
        {
            using var keys = OwnKeys.Read(_options, members.Platform);
            var misfits = AgentFit.Errors(self, members, issuer, keys, catalog, [.. _options.Sources.Select(source => KindId.Parse(source.Kind))]);
            foreach (var misfit in misfits)
            {
                _sheet.Wrong("keys", misfit, "Put the right key back from the backup, or have the authority sign a list that names this one: tell the broker's operator.");
            }

            if (misfits.Count == 0)
            {
                _sheet.Ok("keys", "fit the member list");
            }
        }
        catch (InvalidOperationException fault)
        {
            _sheet.Wrong("keys", fault.Message, "Put the key back from the backup.");
        }

        if (member is { Suspended: true })
        {
            _sheet.Wrong("membership", "This agency is suspended: nothing is exchanged with it.", "Ask the broker's operator, who has the reason on record.");
        }

        if (issuer is not null)
        {
            _sheet.Add([KeyChecks.OfIssuing(issuer, Lifetime, _time)]);
        }

        return issuer;
    }

    private async Task StoresAsync(CatalogSet catalogs)
    {
        var names = _options.Postgres.Length == 0 ? (string[])["access-log.db", "ledger.db", "links.db", "remedy.db", "asking.db", "replica.db", "witness.db"] : ["links.db", "remedy.db", "asking.db", "replica.db", "witness.db"];
        _sheet.Add(StoreChecks.OfFolder(_options.Full(_options.Data)));
        if (File.Exists(_options.DataFile(Trust.RestoredMarks.FileName)))
        {
            _sheet.Wrong(
                "marks",
                "A backup was put back: who was withheld, marked for answers by hand, quarantined or blocked since is not known here. This agent answers nobody.",
                "Set again what was set since (infolink-agent links withhold, links manual, block), look for links in doubt (verify); then infolink-agent marks-reviewed.");
        }

        _sheet.Add(StoreChecks.OfSqlite(names.Select(_options.DataFile)));
        if (_options.Postgres.Length > 0)
        {
            _sheet.Add(await StoreChecks.OfPostgresAsync(_options.Postgres, CancellationToken.None));
        }

        _sheet.Add(SourceChecks.Of(_options, catalogs, _time));
    }

    /// <summary>The broker, its clock, and whether it takes this agent for the member that it is.</summary>
    private async Task BrokerAsync(LeafGeneration own, MemberList members)
    {
        var reach = await PeerProbe.ReachAsync(own, members.BrokerName, members.Broker.IdentityKeys, members.Broker.Endpoint!, _time);
        _sheet.Add([PeerProbe.Judge("broker", reach), PeerProbe.JudgeClock("clock", reach.ClockAhead, "the broker's")]);
        if (reach.Fault is not null)
        {
            return;
        }

        using var channels = new Channels(_time);
        try
        {
            // Nothing is held: so the broker sends something at once.
            var client = new TrustService.TrustServiceClient(channels.ToBroker(own, members));
            using var call = client.Watch(new WatchRequest(), deadline: _time.GetUtcNow().UtcDateTime + Patience);
            await call.ResponseStream.MoveNext(CancellationToken.None);
            _sheet.Ok("membership", "the broker takes this agent for a member, and tells it the news");
        }
        catch (RpcException fault)
        {
            var refusal = RefusalWire.TryRead(fault);
            _sheet.Wrong("membership", refusal is null ? $"The broker does not tell its news ({fault.StatusCode})." : $"The broker refuses this agent: {refusal}", refusal?.WayOutEn ?? "Look at the broker's log.");
        }
    }

    /// <summary>Whether links are looked at again as often as they are to be (SPEC §12.4).</summary>
    private async Task LinksAsync(Member own)
    {
        const string WayOut = "infolink-agent verify looks at them now, and says what it meets; verify --status lists those that could not be confirmed.";
        var pace = VerificationPace.Of(_options.Persons);
        if (await Links.LinkTable.ReadStandingAsync(_options.DataFile("links.db"), own.CodeEpochs.Current, _time.GetUtcNow(), pace.Every, CancellationToken.None) is not { } standing)
        {
            return;
        }

        var told = $"{standing.Persons} persons, {standing.Fresh} verified, {standing.Due} due{(standing.Oldest is { } oldest ? $", the oldest verified on {oldest:yyyy-MM-dd}" : "")}, "
            + $"{standing.Unconfirmed} unconfirmed, {standing.Quarantined} quarantined";
        if (standing.Oldest is { } late && late < _time.GetUtcNow() - (2 * pace.Every))
        {
            _sheet.Attention("links", $"Links have not been compared with the registry for more than {2 * pace.Every.Days} days: {told}.", WayOut);
        }
        else
        {
            _sheet.Ok("links", told);
        }
    }

    /// <summary>As others reach it.</summary>
    private async Task SelfAsync(LeafGeneration own, MemberList members, Member self)
    {
        if (self.Endpoint is not { } endpoint)
        {
            _sheet.Attention("own port", "The directory has no address of this agency: nobody can ask here.", "The broker's operator sets it: infolink member endpoint.");
            return;
        }

        var reach = await PeerProbe.ReachAsync(own, members.NameOf(self), self.IdentityKeys, endpoint, _time);
        _sheet.Add([PeerProbe.Judge("own port", reach)]);
        if (reach is { Fault: null, Leaf: { } leaf })
        {
            _sheet.Add([KeyChecks.OfRunning(leaf, Lifetime, _time)]);
        }
    }
}
