using System.Net;
using InfoLink.Agent.AccessLog;
using InfoLink.Agent.Asking;
using InfoLink.Agent.Asking.Folders;
using InfoLink.Agent.Calls;
using InfoLink.Agent.IdentityChecks;
using InfoLink.Agent.Inspection;
using InfoLink.Agent.Ledger;
using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.Agent.Manual;
using InfoLink.Agent.People;
using InfoLink.Agent.People.Releasing;
using InfoLink.Agent.Providing;
using InfoLink.Agent.Remedy;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Service;
using InfoLink.Agent.Sources;
using InfoLink.Agent.Sources.Replicas;
using InfoLink.Agent.Trust;
using InfoLink.Agent.Watching;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Hosting;
using InfoLink.Hosting.Limits;
using InfoLink.Hosting.Trust;
using InfoLink.Hosting.Witnessing;
using InfoLink.Transparency;
using InfoLink.Transparency.Postgres;
using InfoLink.Transparency.Sqlite;
using InfoLink.Transparency.Witnessing;

namespace InfoLink.Agent;

/// <content>What stands where: the stores, the stages and the rooms of one agent.</content>
public sealed partial class AgentHost
{
    /// <summary>The composition; what it puts on the stack ends with the agent, the last made first.</summary>
    private static async Task<AgentHost> ComposeAsync(
        AgentOptions options, IReadOnlyDictionary<KindId, IInformationSource> sources, IPersonSource? persons, TimeProvider time, ILoggerFactory loggers, Stack<object> owned)
    {
        StartErrors.Refuse("The agent's configuration has errors", options.Errors());
        var folder = TrustFolder.Open(options.Full(options.Trust), time);
        if (folder.Held is not { Members.Value: { } members, Catalogs.Newest: not null } held)
        {
            throw new InvalidOperationException(
                $"'{options.Full(options.Trust)}' does not hold an authority, a member list and a catalog. Join the platform first: infolink-agent join.");
        }

        var self = AgencyId.Parse(options.Agency);
        var identity = Own(OwnIdentity.Open(
            SpiffeName.ForAgency(members.Platform, self), options.Folder, options.IdentityKey, options.NextIdentityKey, loggers.CreateLogger<OwnIdentity>()));
        var issuer = members.TryFind(self, out var listed) ? identity.For(listed.IdentityKeys) : null;
        var keys = Own(OwnKeys.Read(options, members.Platform));
        var configured = Own(ConfiguredSources.Open(sources, persons, options, time));
        var connected = configured.All;
        StartErrors.Refuse("The agent does not fit its network",
            [.. AgentFit.Errors(self, members, issuer, keys, held.Catalogs.Newest, [.. connected.Keys]), .. SourceFit.Errors(options, held.Catalogs.InForce(time.GetUtcNow()))]);
        KeyFile.CreateFolder(options.Full(options.Data));

        // What the agent believes, and its own stores.
        var directory = DirectoryFileOnDisk.Open(Path.Combine(options.Full(options.Trust), "directory.json"), members, time);
        var switches = LocalSwitches.Open(
            options.DataFile("switches.json"), options.BlockedAgencies.Select(AgencyId.Parse), options.BlockedEntries.Select(EntryId.Parse));
        var trust = new TrustBase(self, folder, directory, new Uri(options.Broker), time);
        var pins = Own(LogPins.Open(options.DataFile("pins"), members.Broker.Logs, time));
        var evidence = new EvidenceFolder(options.DataFile("evidence"), time, loggers.CreateLogger<EvidenceFolder>());
        var brokerLog = new LogTrust(trust, pins, evidence, time, loggers.CreateLogger<LogTrust>());
        var certificates = Own(new LeafCertificates(issuer!, time, TimeSpan.FromSeconds(options.LeafLifetimeSeconds), loggers.CreateLogger<LeafCertificates>()));
        var ledger = Own(await SpentLedger.OpenAsync(
            options.Postgres.Length == 0 ? new SqliteSpentStore(options.DataFile("ledger.db")) : new PostgresSpentStore(options.Postgres),
            time,
            loggers.CreateLogger<SpentLedger>()));
        var links = LinkTable.Open(options.DataFile("links.db"), time);
        IEntryStore entries = options.Postgres.Length == 0
            ? SqliteEntryStore.Open(options.DataFile("access-log.db"), keys.Log.Key.Name)
            : await PostgresEntryStore.OpenAsync(options.Postgres, keys.Log.Key.Name, CancellationToken.None);
        var log = Own(await Transparency.AccessLog.OpenAsync(
            entries, keys.Log, time, loggers.CreateLogger<Transparency.AccessLog>(), head: new LogHead(options.Full(options.Data), keys.Log.Key)));
        var records = new AgencyRecords(log, self, time);
        var content = new ContentSeal(keys.Content);
        var refusals = new RefusalRecords(log, self.Value, time);
        var acts = new ActRecords(log, self.Value, time);
        var restored = new RestoredMarks(options.DataFile(RestoredMarks.FileName), acts);

        // Calls out.
        var channels = Own(new Channels(time));
        var policies = new CallPolicies(time);
        var broker = new BrokerCalls(channels, trust, policies);
        var peers = new PeerCalls(channels, trust, policies, TimeSpan.FromSeconds(options.FetchTimeoutSeconds));

        // Asking.
        var sourceTimeout = TimeSpan.FromSeconds(options.SourceTimeoutSeconds);
        var personSource = configured.Persons;
        var ownPersons = new OwnPersons(personSource, sourceTimeout, time, loggers.CreateLogger<OwnPersons>());
        var linkCalls = new LinkCalls(channels, trust, policies);
        var registry = new ResidentRegistry(trust, links, linkCalls, certificates, ownPersons);
        var people = new AgencyPeople(options.People, options.Full(options.People?.Operators ?? ""), time, loggers.CreateLogger<AgencyPeople>());
        var releases = new Releases(ReleaseStore.Open(options.DataFile("release.db")), new ReleaseContent(keys.Content), options.People?.FourEyes ?? new FourEyesOptions(), people, acts, time);
        var admission = new Admission(people, Own(new OpenCases(options, time, loggers.CreateLogger<OpenCases>())), releases, refusals, self);
        var questions = new Questions(trust, new ProviderChoosing(trust, registry.AskAsync, options.Persons?.Refresh ?? false, time, loggers.CreateLogger<ProviderChoosing>()));
        var (pending, pendingContent) = (PendingStore.Open(options.DataFile("pending.db")), new PendingContent(keys.Content));
        var callbacks = Own(new Callbacks(options, pending, time, loggers.CreateLogger<Callbacks>()));
        var requesting = new RequestingProtocol(
            trust,
            links,
            questions,
            admission,
            certificates,
            records,
            broker,
            brokerLog,
            evidence,
            peers,
            new IdentityCheckMaking(personSource, peers.CheckingKeyAsync, sourceTimeout, time, loggers.CreateLogger<IdentityCheckMaking>()),
            new AnswerReading(trust, content, time),
            new PendingList(pending, pendingContent, options.Manual.MostPending, callbacks.Tells, time));
        var telemetry = Own(new AgentTelemetry());
        var exchange = new WatchedExchange(requesting, trust, telemetry, time);
        var collecting = new PendingAnswers(pending, pendingContent, exchange, records, acts, people, time, loggers.CreateLogger<PendingAnswers>());
        var bulk = new BulkAsking(trust, links, questions, exchange, AskJobs.Open(options.DataFile("asking.db"), time), time);

        // Coming by link codes.
        var renewal = new CodeRenewal(trust, linkCalls, certificates, time);
        var linking = new PersonLinking(trust, links, linkCalls, renewal, certificates, records);
        var rotation = Own(new CodeRotation(trust, links, renewal, acts, time, loggers.CreateLogger<CodeRotation>()));
        links.CurrentEpoch = () => trust.Members.TryFind(self, out var member) ? member.CodeEpochs.Current : null;
        var population = new BulkLinking(linking, new LinkJobs(links, time), time);

        var verification = new Verification(links, ownPersons, registry, linking);
        var schedule = Own(new VerificationSchedule(verification, links, VerificationPace.Of(options.Persons), time, loggers.CreateLogger<VerificationSchedule>()));

        // Answering.
        var hours = new ServiceHours(options.Service);
        var replicas = Own(ReplicaDeliveries.Open(options, () => trust.Catalogs, acts, time));
        var replicaWatch = Own(new ReplicaWatch(replicas, time, loggers.CreateLogger<ReplicaWatch>()));
        var table = new SourceTable(connected, sourceTimeout, time, loggers.CreateLogger<SourceTable>());
        var checkingKey = Own(new CheckingKey(keys.Content));
        var (queue, queueContent) = (QueueStore.Open(options.DataFile("queue.db")), new QueueContent(keys.Content));
        var settlements = Own(new Settlements(records, refusals, trust, broker, certificates, time, loggers.CreateLogger<Settlements>()));
        var providing = new ProvidingProtocol(
            new TokenVerification(self, () => trust.Members, time),
            new FetchChecks(trust, switches, hours, table, time, restored),
            ledger,
            broker,
            brokerLog,
            evidence,
            certificates,
            new SubjectAnswers(
                trust,
                links,
                new IdentityChecking(checkingKey, personSource, links, sourceTimeout, time),
                table,
                new WaitingQuestions(queue, queueContent, options.Manual, time),
                people,
                time,
                loggers.CreateLogger<SubjectAnswers>()),
            content,
            settlements,
            records,
            refusals,
            telemetry);

        telemetry.Watch("infolink.agent.settlements.waiting", "{exchange}", "Answered, and the broker has yet to be told.", () => settlements.Waiting);
        telemetry.Watch("infolink.agent.bulk.running", "{job}", "Bulk jobs that run.", () => bulk.Running);

        // The wire: other agents, and the broker where this agency is a witness of its logs.
        var peerCertificates = new PeerCertificates(time);
        var places = Own(new CallPlaces(options.Limits.Fetch, options.Limits.FetchOfAll, time));
        List<ServedEdge> edges = [ServedEdge.Of(new PeerEdge(new WatchedAnswers(providing, trust, telemetry, time), trust, peerCertificates, places, refusals, checkingKey.PublicKey))];
        var witness = new Witness(
            keys.Witness,
            origin => WitnessedLogs.OfBroker(trust.Members, origin),
            Own(SqliteWitnessStore.Open(options.DataFile("witness.db"))),
            brokerLog.Stop,
            time,
            loggers.CreateLogger<Witness>());
        edges.Add(ServedEdge.Of(new WitnessEdge(witness, () => trust.Members, peerCertificates))); // Asked only where a list makes the agency a witness.

        // Remedy after a wrong link.
        var corrections = new CorrectionCalls(channels, trust, policies);
        var remedy = Own(new RemedyRoom(
            RemedyStore.Open(options.DataFile("remedy.db")), links, records, acts, refusals, trust, corrections, certificates, peerCertificates, time, loggers));
        edges.Add(ServedEdge.Of(remedy.Edge));

        var server = Own(MutualPort.Build(
            edges,
            IPEndPoint.Parse(options.Listen),
            certificates,
            leaf => peerCertificates.Decide(trust.Members, leaf) is PeerDecision.Known || peerCertificates.IsBroker(trust.Members, leaf),
            new PortLimits { MaxMessage = MaxRequest, Connections = options.Limits.Connections, ConnectionsOfOneMember = options.Limits.ConnectionsOfOneMember },
            time,
            loggers));
        server.TellHealthOf(log);
        await server.StartAsync();
        settlements.Start();
        var fit = loggers.CreateLogger<AgentHost>();
        if (directory.WhyNotUsed is { } why)
        {
            Fit.DirectoryNotUsed(fit, why);
        }

        if (restored.Unreviewed)
        {
            Fit.MarksUnreviewed(fit);
        }

        var watch = Own(new TrustWatch(trust, directory, channels, certificates, evidence, time, loggers.CreateLogger<TrustWatch>()));
        var change = Own(new IdentityChange(identity, certificates, time));
        var said = new HashSet<string>(StringComparer.Ordinal);
        trust.Changed = () =>
        {
            var now = trust.Members.TryFind(self, out var member) ? member : null;
            var misfits = AgentFit.Errors(self, trust.Members, now is null ? null : identity.For(now.IdentityKeys), keys, trust.Catalog, [.. connected.Keys]);
            foreach (var error in misfits.Concat(SourceFit.Errors(options, trust.Catalog)))
            {
                Fit.NoLonger(fit, error); // What the authority signed is taken all the same: it decides who is a member, not the agent.
            }

            TellToCome();

            rotation.Follow();
            if (now is not null)
            {
                change.Follow(now.IdentityKeys);
            }
        };
        TellToCome();
        watch.Start();
        replicaWatch.Start();
        rotation.Start();
        schedule.Start();
        remedy.Start();
        Own(new QueueLapse(queue, records, time, loggers.CreateLogger<QueueLapse>()).Rounds()).Start();
        Own(collecting.Rounds()).Start();
        callbacks.Start();
        Own(new ClosureAnnouncing(hours, trust, new TrustCalls(channels, trust, policies), certificates, time, loggers.CreateLogger<ClosureAnnouncing>()).Rounds()).Start();
        Own(releases.Rounds(loggers.CreateLogger<Releases>())).Start();
        foreach (var watched in options.Folders)
        {
            Own(WatchedFolder.Open(options, watched, bulk, time, loggers.CreateLogger<WatchedFolder>())).Start();
        }

        // The agency's own log, cosigned by the broker.
        var calls = new WitnessCalls(channels, certificates, time);
        var cosigning = Own(new Cosigning(log, () => calls.OfBroker(trust.Members), evidence, time, loggers.CreateLogger<Cosigning>()));
        cosigning.Start();
        var answering = new AnswerQueue(queue, queueContent, options.Manual, links, table, trust, acts, people, time);
        var upkeep = new InfoLinkAgent.Upkeep(linking, population, rotation, new Absorption(links, renewal), verification, schedule, remedy.Remedies, people, new OwnAudit(records, acts, people), answering, collecting, replicas, releases);
        var agent = new InfoLinkAgent(() => new InfoLinkAgent.Running(exchange, links, questions, bulk, trust, time) { Upkeep = upkeep });
        return new AgentHost(server, agent, new OwnWill(switches, restored, acts, time), log, cosigning, trust, identity, certificates, channels, telemetry, owned) { Readiness = new AgentReadiness(log, trust, certificates, ledger, time) };

        void TellToCome()
        {
            foreach (var error in SourceFit.ErrorsToCome(options, trust.Catalogs, time.GetUtcNow()).Where(said.Add))
            {
                Fit.NotYet(fit, error);
            }
        }

        T Own<T>(T part)
            where T : notnull
        {
            owned.Push(part);
            return part;
        }
    }
}
