using InfoLink.Broker.Joining;
using InfoLink.Broker.Membership;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Broker.Operating;

/// <summary>
/// What a broker's operator may do while it runs, each act on record before it takes effect: publish what the authority has signed, narrow by the
/// directory, let an agency join. There is nothing here that could add a member, a key or an entry.
/// </summary>
internal sealed class OperatorActs(
    TrustFolder trust, SharedDocuments? shared, DirectoryDesk directory, JoinCodes codes, JoinFolder joins, MasterDestruction destruction, Uri address, ActRecords records, TimeProvider time)
{
    /// <summary>A document of the authority's, verified, kept, in force at its time, on its way to every agent.</summary>
    /// <returns>What became of it.</returns>
    /// <exception cref="DocumentException">It is not taken.</exception>
    public async Task<string> PublishAsync(string who, SignedDocument document)
    {
        var kind = Authoring.Documents.KindOf(document);
        trust.Try(document); // What would be refused is not on record as done.
        await RecordAsync(who, "publish", kind.Name(), Newest(kind), $"sha256 {document.Sha256}", "");
        var isNew = trust.Accept(document);
        var others = shared is null || await shared.TryBringAsync() ? "" : " The database does not answer: brokers beside this one take it when it does.";
        return $"{kind.Name()} {Newest(kind)} {(isNew ? "is published." : "was published before.")}{others}";
    }

    public Task SuspendAsync(string who, AgencyId agency, string reason) => ChangeAsync(
        who, "suspend", agency.Value, reason, now => now with { Suspended = [.. now.Suspended, agency] }, state => State(state.Suspended.Contains(agency), "suspended", "active"));

    public Task ResumeAsync(string who, AgencyId agency, string reason) => ChangeAsync(
        who, "resume", agency.Value, reason, now => now with { Suspended = [.. now.Suspended.Where(other => other != agency)] }, state => State(state.Suspended.Contains(agency), "suspended", "active"));

    public Task SwitchOffAsync(string who, EntryId entry, string reason) => ChangeAsync(
        who, "switch off", entry.Value, reason, now => now with { SwitchedOff = [.. now.SwitchedOff, entry] }, state => State(state.SwitchedOff.Contains(entry), "off", "on"));

    public Task SwitchOnAsync(string who, EntryId entry, string reason) => ChangeAsync(
        who, "switch on", entry.Value, reason, now => now with { SwitchedOff = [.. now.SwitchedOff.Where(other => other != entry)] }, state => State(state.SwitchedOff.Contains(entry), "off", "on"));

    /// <summary>Where an agency is reached; null: nowhere.</summary>
    public Task SetEndpointAsync(string who, AgencyId agency, Uri? endpoint) => ChangeAsync(
        who,
        "endpoint",
        agency.Value,
        "",
        now =>
        {
            var endpoints = new Dictionary<AgencyId, Uri>(now.Endpoints);
            endpoints.Remove(agency);
            if (endpoint is not null)
            {
                endpoints[agency] = endpoint;
            }

            return now with { Endpoints = System.Collections.Frozen.FrozenDictionary.ToFrozenDictionary(endpoints) };
        },
        state => state.Endpoints.GetValueOrDefault(agency)?.ToString() ?? "none");

    /// <summary>A code with which one host of the agency may introduce itself, once.</summary>
    /// <param name="who">The operator.</param>
    /// <param name="agency">For whom.</param>
    /// <param name="life">10 to 60 minutes.</param>
    public async Task<JoinCode> GiveJoinCodeAsync(string who, AgencyId agency, TimeSpan life)
    {
        var held = trust.Held!;
        await RecordAsync(who, "join code", agency.Value, "", $"for {life.TotalMinutes:0} minutes", "");
        var (secret, expires) = codes.Give(agency, life);
        return new JoinCode(
            directory.Current.Directory.Broker ?? address, held.Members!.Value.Broker.IdentityKey, held.Platform, held.Authority.Fingerprint, agency, expires, secret);
    }

    /// <summary>Destroys a master of link codes that no member uses; each broker of a platform has its own copy, and destroys it.</summary>
    /// <returns>Where its certificate is.</returns>
    /// <exception cref="InvalidOperationException">There is no such master, a member uses it, or it is too soon.</exception>
    public Task<string> DestroyMasterAsync(string who, byte epoch, string reason) => destruction.DestroyAsync(who, epoch, reason);

    public IReadOnlyList<JoinedAgency> Joined() => joins.All();

    public BrokerStatus Status()
    {
        var (held, published, now) = (trust.Held!, directory.Current.Directory, time.GetUtcNow());
        return new BrokerStatus(
            held.Platform,
            held.Authority.Header.Version,
            held.Authority.Fingerprint.ToString(),
            held.Members!.Header.Version,
            held.Members.Header.Expires,
            [.. held.Catalogs.Versions.Select(catalog => new CatalogStatus(
                catalog.Version, catalog.EffectiveAt, catalog.Expires, catalog.Entries.Count, catalog.Version == held.Catalogs.InForce(now).Version))],
            published.Serial,
            published.Issued,
            [.. held.Members.Value.Members.Select(member => new MemberStatus(
                member.Id.Value, member.Name.Ja, member.Name.En, published.Suspended.Contains(member.Id), published.Endpoints.GetValueOrDefault(member.Id))
            {
                ClosedUntil = published.ClosedOf(member.Id).Where(closure => closure.Holds(now)).Select(closure => (DateTimeOffset?)closure.Until).FirstOrDefault(),
            })],
            [.. published.SwitchedOff.Select(entry => entry.Value).Order(StringComparer.Ordinal)]);
    }

    private async Task ChangeAsync(
        string who, string what, string about, string reason, Func<BrokerDirectory, BrokerDirectory> change, Func<BrokerDirectory, string> state)
    {
        var before = directory.Current.Directory;
        await RecordAsync(who, what, about, state(before), state(change(before)), reason);
        await directory.ChangeAsync(change, CancellationToken.None);
    }

    private static string State(bool set, string yes, string no) => set ? yes : no;

    private string Newest(DocumentKind kind) => $"{kind switch
    {
        DocumentKind.Authority => trust.Held!.Authorities[^1].Header.Version,
        DocumentKind.Members => trust.Held!.Members?.Header.Version ?? 0,
        _ => trust.Held!.CatalogDocuments.LastOrDefault()?.Header.Version ?? 0,
    }}";

    private Task RecordAsync(string who, string what, string about, string before, string after, string reason) => records.RecordAsync(
        new OperatorAct { Operator = who, What = what, About = about, Before = before, After = after, Reason = reason });
}

/// <summary>How the broker stands, for its operator.</summary>
public sealed record BrokerStatus(
    string Platform,
    int Authority,
    string AuthorityFingerprint,
    int Members,
    DateOnly MembersExpire,
    IReadOnlyList<CatalogStatus> Catalogs,
    long DirectorySerial,
    DateTimeOffset DirectoryIssued,
    IReadOnlyList<MemberStatus> Agencies,
    IReadOnlyList<string> SwitchedOff);

/// <summary>A catalog that is held.</summary>
public sealed record CatalogStatus(int Version, DateTimeOffset EffectiveAt, DateOnly Expires, int Entries, bool InForce);

/// <summary>A member as directory and list have it.</summary>
public sealed record MemberStatus(string Agency, string Ja, string En, bool Suspended, Uri? Endpoint)
{
    /// <summary>By its own word it is closed now, until then; null: it is open.</summary>
    public DateTimeOffset? ClosedUntil { get; init; }
}
