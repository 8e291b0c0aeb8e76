using System.Diagnostics.Metrics;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Broker.Limits;

/// <summary>What the limits count for the operator's metrics. The one label is the agency's id; a person, a code or an entry is never one.</summary>
internal sealed class LimitMeter : IDisposable
{
    public const string Name = "InfoLink.Broker.Limits";
    private const string Agency = "agency";
    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _shed;
    private readonly Counter<long> _refusedCodes;
    private readonly Counter<long> _alarms;

    public LimitMeter()
    {
        _shed = _meter.CreateCounter<long>("infolink.broker.calls.shed", "{call}", "Calls that were turned away as OVERLOADED.");
        _refusedCodes = _meter.CreateCounter<long>("infolink.broker.codes.refused", "{code}", "Link codes that were not the agency's, or not in use.");
        _alarms = _meter.CreateCounter<long>("infolink.broker.codes.alarms", "{alarm}", "Agencies that were slowed for refused codes.");
    }

    /// <summary>For listeners that must tell one broker of a process from another.</summary>
    public Meter Meter => _meter;

    public void Shed(AgencyId agency) => _shed.Add(1, Of(agency));

    public void RefusedCodes(AgencyId agency, int codes) => _refusedCodes.Add(codes, Of(agency));

    public void Alarm(AgencyId agency) => _alarms.Add(1, Of(agency));

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Of(AgencyId agency) => new(Agency, agency.Value);
}
