using System.Globalization;
using System.Text.RegularExpressions;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent;

/// <summary>
/// A kind answered from the agency's existing system, without code: one of <see cref="Sqlite"/>, <see cref="Postgres"/>, <see cref="Driver"/>, <see cref="Http"/> and <see cref="Replica"/>, and
/// where its columns or members are not the layout's items, a <see cref="Map"/>. <c>infolink-agent try</c> shows what comes of it for one person.
/// </summary>
public sealed class SourceOptions : IDatabaseOptions
{
    /// <summary>The kind, e.g. <c>municipal-inhabitant-tax</c>.</summary>
    public string Kind { get; set; } = "";

    /// <summary>A SQLite database's file. It is opened read-only.</summary>
    public string Sqlite { get; set; } = "";

    /// <summary>
    /// A PostgreSQL database: Npgsql's connection string, or <c>file:tax-db.secret</c> (a file that its owner alone reads) or <c>env:TAX_DB</c> that holds it, so
    /// that no password stands here. Sessions are read-only by default; give it a role that can do no more. It is never shown.
    /// </summary>
    public string Postgres { get; set; } = "";

    /// <summary>Another database, by one of <see cref="AgentOptions.Drivers"/>: its name.</summary>
    public string Driver { get; set; } = "";

    /// <summary>Beside <see cref="Driver"/>: the connection string as the driver wants it, or where it stands as for <see cref="Postgres"/>. It is never shown.</summary>
    public string Connection { get; set; } = "";

    /// <summary>For databases: a SELECT for one person; parameters and columns as <see cref="SqlSource"/> has them. PostgreSQL takes the parameters but the year as text: <c>@asOf::date</c>.</summary>
    public string Query { get; set; } = "";

    /// <summary>A system that answers in JSON over HTTP.</summary>
    public HttpSourceOptions? Http { get; set; }

    /// <summary>A sealed copy of what the system exports, for systems that cannot be asked.</summary>
    public ReplicaOptions? Replica { get; set; }

    /// <summary>
    /// The first day (Japan) of the catalogs that this source is for: those that take effect on it or later. Empty: all before <see cref="Until"/>. Where a revision changes a layout, two sources of one kind
    /// stand side by side, the old one until the day before, the new one from the revision's day on.
    /// </summary>
    public DateOnly? From { get; set; }

    /// <summary>The last such day.</summary>
    public DateOnly? Until { get; set; }

    /// <summary>How many reads this source takes at once, so that a system that is slow does not take up what others need; 1 to 64.</summary>
    public int AtOnce { get; set; } = 8;

    /// <summary>How many reads may wait for one of these places; 0 to 1,000. One more, and the source is unavailable.</summary>
    public int Waiting { get; set; } = 64;

    /// <summary>How long a read may wait for a place, in seconds; 1 to 30. Then the source is unavailable.</summary>
    public int WaitSeconds { get; set; } = 3;

    /// <summary>Item of the layout → where it stands and how it is written there. Null: columns, or the answer's own members, are items by name and value.</summary>
    public IDictionary<string, ItemMapOptions>? Map { get; set; }

    /// <summary>What operators call it: the kind, with its first day where it has one.</summary>
    internal string Id => From is { } from ? string.Create(CultureInfo.InvariantCulture, $"{Kind}@{from:yyyy-MM-dd}") : Kind;

    internal PlaceLimits Places => new(Math.Clamp(AtOnce, 1, 64), Math.Max(0, Waiting), TimeSpan.FromSeconds(Math.Max(1, WaitSeconds)));

    /// <summary>Is it for the layouts of this catalog?</summary>
    internal bool Covers(StatuteCatalog catalog) => (From ?? DateOnly.MinValue) <= catalog.EffectiveFrom && catalog.EffectiveFrom <= (Until ?? DateOnly.MaxValue);

    /// <summary>Are both for one day?</summary>
    internal bool Meets(SourceOptions other) => (From ?? DateOnly.MinValue) <= (other.Until ?? DateOnly.MaxValue) && (other.From ?? DateOnly.MinValue) <= (Until ?? DateOnly.MaxValue);

    /// <summary>What is wrong with it, whatever the layout is.</summary>
    internal IEnumerable<string> Errors(AgentOptions options)
    {
        var at = $"sources, {Id}";
        if (!KindId.TryParse(Kind, out _))
        {
            yield return $"sources: '{Kind}' is not a kind id.";
        }

        if (OwnDatabase.Count(this) + (Http is null ? 0 : 1) + (Replica is null ? 0 : 1) != 1)
        {
            yield return $"{at}: give one of sqlite, postgres, driver, http and replica.";
        }

        if (From > Until)
        {
            yield return $"{at}: until lies before from.";
        }

        if (AtOnce is < 1 or > 64 || Waiting is < 0 or > 1_000 || WaitSeconds is < 1 or > 30)
        {
            yield return $"{at}: atOnce: 1 to 64; waiting: 0 to 1,000; waitSeconds: 1 to 30.";
        }

        foreach (var wrong in OwnDatabase.Errors(this, options))
        {
            yield return $"{at}: {wrong}";
        }

        if (Http is null && Replica is null && string.IsNullOrWhiteSpace(Query))
        {
            yield return $"{at}: there is no query.";
        }

        if ((Http is not null || Replica is not null) && Query.Length > 0)
        {
            yield return $"{at}: a query is for a database; http has a url, and a replica its columns.";
        }

        foreach (var wrong in Replica?.Errors(Map) ?? [])
        {
            yield return $"{at}: replica: {wrong}";
        }

        foreach (var wrong in Http?.Errors(options) ?? [])
        {
            yield return $"{at}: http: {wrong}";
        }

        foreach (var wrong in Map?.SelectMany(item => ItemMapOptions.Errors(item.Value, Http is not null).Select(what => $"{item.Key}: {what}")) ?? [])
        {
            yield return $"{at}, map, {wrong}";
        }
    }
}

/// <summary>A system that answers GET with JSON in UTF-8, at most 64 KiB, for one person. 404: it has no record of the person. Redirections are not followed.</summary>
public sealed partial class HttpSourceOptions
{
    internal static readonly string[] Names = ["person", "kind", "taxYear", "from", "to", "asOf"];

    /// <summary>
    /// E.g. <c>https://tax.city.example/persons/{person}?year={taxYear}</c>, with {person} and, as needed, {kind}, {taxYear}, {from}, {to}, {asOf}; each is escaped. Plain http
    /// only to this host itself. Where the URL needs a condition that the question does not have, nothing is asked, and the source has failed.
    /// </summary>
    public string Url { get; set; } = "";

    /// <summary>Name of a header that is sent along, e.g. <c>Authorization</c>. Empty: none.</summary>
    public string Header { get; set; } = "";

    /// <summary>Its value: <c>file:tax-api.secret</c> (a file that its owner alone reads) or <c>env:TAX_API</c>. It never stands here, and is never shown.</summary>
    public string Secret { get; set; } = "";

    /// <summary>How long an answer may take, in seconds, 1 to 60; 0: as <see cref="AgentOptions.SourceTimeoutSeconds"/> says, which ends it in any case.</summary>
    public int TimeoutSeconds { get; set; }

    internal IEnumerable<string> Errors(AgentOptions options)
    {
        if (UrlError() is { } error)
        {
            yield return $"url: {error}";
        }

        if (TimeoutSeconds is < 0 or > 60)
        {
            yield return "timeoutSeconds: 0 to 60.";
        }

        if (Header.Length == 0 != (Secret.Length == 0))
        {
            yield return "header and secret go together.";
        }
        else if (Header.Length > 0 && SecretError(options) is { } wrong)
        {
            yield return wrong;
        }
    }

    private string? UrlError()
    {
        if (Placeholder().Matches(Url).FirstOrDefault(match => !Names.Contains(match.Groups["name"].Value, StringComparer.Ordinal)) is { } unknown)
        {
            return $"there is no {unknown.Value}; there are {string.Join(", ", Names.Select(name => $"{{{name}}}"))}.";
        }

        if (!Url.Contains("{person}", StringComparison.Ordinal))
        {
            return "it asks for nobody: {person} is missing.";
        }

        return !Uri.TryCreate(Placeholder().Replace(Url, "x"), UriKind.Absolute, out var uri) || !(string.Equals(uri.Scheme, "https", StringComparison.Ordinal) || string.Equals(uri.Scheme, "http", StringComparison.Ordinal))
            ? "this is not https://host/…."
            : uri.UserInfo.Length > 0 || uri.Fragment.Length > 0 ? "neither a password nor a fragment (#) belongs there; a secret goes into a header."
            : !Url.StartsWith(uri.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase) ? "the host is written out, in small letters and without its usual port; what is asked for comes behind it."
            : string.Equals(uri.Scheme, "http", StringComparison.Ordinal) && !uri.IsLoopback ? "plain http is for this host itself (127.0.0.1); over a network https."
            : null;
    }

    private string? SecretError(AgentOptions options)
    {
        try
        {
            if (!Sources.Secret.IsReference(Secret))
            {
                return "secret: 'file:…', 'credential:…' or 'env:…'; the value itself does not stand here.";
            }

            using var request = new HttpRequestMessage();
            request.Headers.Add(Header, Sources.Secret.Read(Secret, options));
            return null;
        }
        catch (InvalidOperationException fault)
        {
            return fault.Message.Contains("header", StringComparison.OrdinalIgnoreCase) ? "header: this is not the name of a request's header." : $"secret: {fault.Message}";
        }
        catch (FormatException)
        {
            return "header and secret: these do not make a header."; // Its message shows the value.
        }
    }

    [GeneratedRegex(@"\{(?<name>[^{}]*)\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    internal static partial Regex Placeholder();
}
