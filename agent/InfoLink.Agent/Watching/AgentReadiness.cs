using InfoLink.Agent.Ledger;
using InfoLink.Contracts.Identity;
using InfoLink.Hosting.Trust;

namespace InfoLink.Agent.Watching;

/// <summary>
/// Whether an agent can take part in exchanges now, for whoever routes calls to it or waits for its start. That it answers at all is the sign of life; a reason here heals by itself or through an operator, and never by a new start.
/// </summary>
public sealed class AgentReadiness
{
    private readonly Transparency.AccessLog _log;
    private readonly TrustBase _trust;
    private readonly LeafCertificates _certificates;
    private readonly SpentLedger _ledger;
    private readonly TimeProvider _time;

    internal AgentReadiness(Transparency.AccessLog log, TrustBase trust, LeafCertificates certificates, SpentLedger ledger, TimeProvider time) =>
        (_log, _trust, _certificates, _ledger, _time) = (log, trust, certificates, ledger, time);

    /// <summary>
    /// Why not; empty where it can. A word for each reason: <c>log</c> (its own log cannot be written), <c>directory</c> (nothing heard from the broker for a day), <c>certificate</c> (run out, and not to be renewed), <c>ledger</c> (just opened:
    /// for some seconds it refuses the tokens of before).
    /// </summary>
    public IReadOnlyList<string> WhyNot()
    {
        (bool Holds, string Word)[] all =
        [
            (_log.Healthy, "log"),
            (_trust.WhyNotFresh() is null, "directory"),
            (_certificates.State.NotAfter > _time.GetUtcNow(), "certificate"),
            (_ledger.AcceptsFrom <= _time.GetUtcNow(), "ledger"),
        ];
        return [.. all.Where(one => !one.Holds).Select(one => one.Word)];
    }
}
