using InfoLink.Agent.AccessLog;
using InfoLink.Agent.Calls;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Identity;
using InfoLink.Hosting.Limits;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency;

namespace InfoLink.Agent.Remedy;

/// <summary>The composition of the room: what the agent starts with, serves and ends with.</summary>
internal sealed class RemedyRoom : IAsyncDisposable
{
    private readonly EndedLinks _ended;
    private readonly NoticeOutbox _outbox;
    private readonly NoticeReceiving _receiving;
    private readonly CallPlaces _places;

    public RemedyRoom(
        RemedyStore store,
        LinkTable links,
        AgencyRecords records,
        ActRecords acts,
        RefusalRecords refusals,
        TrustBase trust,
        CorrectionCalls calls,
        LeafCertificates certificates,
        PeerCertificates peers,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        var search = new ExchangeSearch(records.Store);
        var corrections = new CorrectionRecords(records, trust.Self);
        _ended = new EndedLinks(store, links, search, time, loggers.CreateLogger<EndedLinks>());
        _outbox = new NoticeOutbox(store, _ended, corrections, calls, certificates, trust.Self, time, loggers.CreateLogger<NoticeOutbox>());
        _receiving = new NoticeReceiving(store, corrections, refusals, links, time, loggers.CreateLogger<NoticeReceiving>());

        // Apart from fetches: a case of ten thousand exchanges takes minutes, and nobody's question waits for it.
        _places = new CallPlaces(
            new CallLimit { PerSecond = 50, Burst = 500, AtOnce = 4, Waiting = 64 }, new WholeLimit { AtOnce = 16, Waiting = 256 }, time);
        links.Ended = _ended.TellAsync;
        Edge = new CorrectionEdge(_receiving, trust, peers, _places, refusals);
        Remedies = new Remedies(store, links, search, corrections, acts, _outbox, trust, time);
    }

    public CorrectionEdge Edge { get; }

    public Remedies Remedies { get; }

    public void Start() => _outbox.Start();

    public async ValueTask DisposeAsync()
    {
        await _outbox.DisposeAsync();
        _ended.Dispose();
        _receiving.Dispose();
        await _places.DisposeAsync();
    }
}
