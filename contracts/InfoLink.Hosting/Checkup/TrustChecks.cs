using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Trust;

namespace InfoLink.Hosting.Checkup;

/// <summary>The authority's documents and the broker's directory, by this party's clock.</summary>
/// <param name="time">Now.</param>
/// <param name="renewal">What this party does about a document that expires.</param>
public sealed class TrustChecks(TimeProvider time, string renewal)
{
    /// <summary>Days before a document's end from which on its successor should be on its way.</summary>
    private const int Soon = 7;

    private static readonly TimeSpan OldDirectory = TimeSpan.FromHours(1);

    public IEnumerable<Check> OfDocuments(HeldTrust held)
    {
        yield return Expiry("authority", held.Authorities[^1].Header, $"fingerprint {held.Authority.Fingerprint}");
        yield return held.Members is { } list
            ? Expiry("member list", list.Header, $"{list.Value.Members.Length} members")
            : new Check("member list", CheckState.Wrong, "There is none.", renewal);
        if (held.Catalogs.Newest is null)
        {
            yield return new Check("catalog", CheckState.Wrong, "There is none.", renewal);
            yield break;
        }

        var now = time.GetUtcNow();
        var inForce = held.Catalogs.InForce(now);
        yield return inForce.EffectiveAt > now
            ? new Check("catalog", CheckState.Wrong, $"Version {inForce.Version} is the first, and takes effect only at {InJapan(inForce.EffectiveAt)}; until then nothing is allowed.", "Wait, or set this clock if it is wrong.")
            : Expiry("catalog", held.CatalogDocuments.First(document => document.Header.Version == inForce.Version).Header, $"{inForce.Entries.Count} entries, in force since {InJapan(inForce.EffectiveAt)}");
        foreach (var next in held.Catalogs.Versions.Where(catalog => catalog.EffectiveAt > now && catalog.Version != inForce.Version))
        {
            yield return next.EffectiveAt > JapanTime.EndOf(inForce.Expires)
                ? new Check("next catalog", CheckState.Attention, $"Version {next.Version} takes effect at {InJapan(next.EffectiveAt)}, after version {inForce.Version} has expired ({inForce.Expires:yyyy-MM-dd}): between them nothing is allowed.", renewal)
                : new Check("next catalog", CheckState.Ok, $"version {next.Version} takes effect at {InJapan(next.EffectiveAt)}");
        }
    }

    /// <param name="directory">The newest that is held; null: none.</param>
    /// <param name="wayOut">What to do about an old one.</param>
    public Check OfDirectory(BrokerDirectory? directory, string wayOut)
    {
        if (directory is null || directory.Serial == 0)
        {
            return new Check("directory", CheckState.Wrong, "There is none: nobody's address is known.", wayOut);
        }

        var now = time.GetUtcNow();
        var age = now - directory.Issued;
        var found = $"of {directory.Issued:yyyy-MM-dd HH:mm:ss} UTC, {directory.Endpoints.Count} addresses, {directory.Suspended.Count} suspended, {directory.SwitchedOff.Count} entries switched off";
        return age < -DocumentHeader.AheadAllowed ? new Check("directory", CheckState.Wrong, $"It was issued at {directory.Issued:yyyy-MM-dd HH:mm:ss} UTC, and this clock shows {now:yyyy-MM-dd HH:mm:ss}.", "Set the clock that is wrong (NTP).")
            : age > BrokerDirectory.Grace ? new Check("directory", CheckState.Wrong, $"It is {age.TotalHours:0} hours old, {found}. After {BrokerDirectory.Grace.TotalHours:0} hours nobody knows who is suspended, and nothing is exchanged (DIRECTORY-STALE).", wayOut)
            : age > OldDirectory ? new Check("directory", CheckState.Attention, $"It is {age.TotalHours:0.0} hours old, {found}. After {BrokerDirectory.Grace.TotalHours:0} hours nothing is exchanged.", wayOut)
            : new Check("directory", CheckState.Ok, found);
    }

    private Check Expiry(string name, DocumentHeader header, string about)
    {
        var left = header.Expires.DayNumber - JapanTime.Today(time).DayNumber;
        var found = $"version {header.Version}, until {header.Expires:yyyy-MM-dd}, {about}";
        return left < 0 ? new Check(name, CheckState.Wrong, $"Version {header.Version} expired on {header.Expires:yyyy-MM-dd}: nothing is exchanged under it. (Today is {JapanTime.Today(time):yyyy-MM-dd} in Japan, by this clock.)", renewal)
            : left <= Soon ? new Check(name, CheckState.Attention, $"Version {header.Version} expires in {left} days, on {header.Expires:yyyy-MM-dd}.", renewal)
            : new Check(name, CheckState.Ok, found);
    }

    private static string InJapan(DateTimeOffset at) => $"{at.ToOffset(TimeSpan.FromHours(9)):yyyy-MM-dd HH:mm:ss} in Japan";
}
