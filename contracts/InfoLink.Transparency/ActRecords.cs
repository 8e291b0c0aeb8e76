using InfoLink.V1;

namespace InfoLink.Transparency;

/// <summary>
/// Puts operators' acts on record, in the same log as exchanges, before they take effect: who, what, about what, before and after. An act that cannot be
/// recorded does not happen.
/// </summary>
public sealed class ActRecords(AccessLog log, string custodian, TimeProvider time)
{
    /// <exception cref="LogUnavailableException">The act is not on record, and must not happen.</exception>
    /// <returns>Its place in the log, from which a receipt is made.</returns>
    public Task<Appended> RecordAsync(OperatorAct act) => log.AppendAsync(new NewEntry(
        new OpenPart
        {
            Event = AccessEvent.Act,
            Custodian = custodian,
            TimeMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
            Act = act,
        },
        []));
}
