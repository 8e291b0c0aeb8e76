using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Trust;

/// <summary>What every document of the authority begins with.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Platform">The SPIFFE trust domain that it is for.</param>
/// <param name="Version">From 1, up by one with each document of its kind.</param>
/// <param name="Sha256">Of its payload.</param>
/// <param name="Previous">Of the payload of the version before; null in version 1.</param>
/// <param name="Issued">When it was made.</param>
/// <param name="Expires">Its last civil day in Japan.</param>
public sealed record DocumentHeader(
    DocumentKind Kind, string Platform, int Version, Sha256Digest Sha256, Sha256Digest? Previous, DateTimeOffset Issued, DateOnly Expires)
{
    /// <summary>How far ahead of the verifier's clock a document may have been issued.</summary>
    public static readonly TimeSpan AheadAllowed = TimeSpan.FromMinutes(10);

    /// <summary>May it be used at all today, whatever was held before?</summary>
    /// <exception cref="DocumentException">Expired, lives too long, or is from the future.</exception>
    public void RequireTimely(DateTimeOffset now)
    {
        var name = $"{Kind.Name()} {Version}";
        if (Expires.DayNumber - JapanTime.CivilDate(Issued).DayNumber > Kind.LongestDays() || Expires < JapanTime.CivilDate(Issued))
        {
            throw new DocumentException(
                DocumentFault.LivesTooLong, $"The {name} was issued on {JapanTime.CivilDate(Issued):yyyy-MM-dd} and expires on {Expires:yyyy-MM-dd}; it may be good for 0 to {Kind.LongestDays()} days. Build it again with an earlier end.");
        }

        if (Issued > now + AheadAllowed)
        {
            throw new DocumentException(
                DocumentFault.FromTheFuture, $"The {name} was issued at {Issued:yyyy-MM-dd HH:mm:ss} UTC, and this clock shows {now:yyyy-MM-dd HH:mm:ss}. Set the clock, or have the document made on a machine whose clock is right.");
        }

        if (JapanTime.CivilDate(now) > Expires)
        {
            throw new DocumentException(
                DocumentFault.Expired, $"The {name} expired on {Expires:yyyy-MM-dd}. The authority must sign the next one; if it has, this clock may be wrong.");
        }
    }

    /// <summary>
    /// May it follow what is held? Only upwards. The direct successor names the hash of what is held; a later one (this party was away) stands on
    /// the authority's signatures alone.
    /// </summary>
    /// <returns>False: it is what is held.</returns>
    /// <exception cref="DocumentException">Rollback, or two histories.</exception>
    public bool Follows(DocumentHeader? held)
    {
        if (held is null)
        {
            return true;
        }

        var name = Kind.Name();
        if (!string.Equals(held.Platform, Platform, StringComparison.Ordinal))
        {
            throw new DocumentException(DocumentFault.OtherPlatform, $"The {name} {Version} is of the platform {Platform}, and this party belongs to {held.Platform}.");
        }

        if (Version == held.Version)
        {
            return Sha256 == held.Sha256
                ? false
                : throw new DocumentException(DocumentFault.Forked, $"Two different documents are both {name} {Version}. Keep both and report to the authority: its keys signed two histories.");
        }

        if (Version < held.Version)
        {
            throw new DocumentException(DocumentFault.Rollback, $"The {name} {Version} is older than version {held.Version}, which is held. Take the newest one.");
        }

        return Version > held.Version + 1 || Previous == held.Sha256
            ? true
            : throw new DocumentException(DocumentFault.Forked, $"The {name} {Version} does not name the hash of version {held.Version} that is held. Keep both and report to the authority.");
    }
}

/// <summary>A document with what it says. That it is read does not mean that its signatures are good.</summary>
public sealed record Document<T>(SignedDocument Envelope, DocumentHeader Header, T Value)
    where T : class;
