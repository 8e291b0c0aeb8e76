using System.Data.Common;
using System.Globalization;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Hosting;
using InfoLink.Hosting.Trust;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Sources;

/// <summary>
/// <c>infolink-agent try</c>: what a configured source has of one person, how it is mapped, and what the layout says of the result. A local act of the agency's own
/// operator: nothing is exchanged, no broker is asked, no agent need run, and nothing is recorded by InfoLink. It holds personal data, and prints none by itself.
/// </summary>
public sealed class SourceTrial
{
    private SourceTrial(InformationKind kind, int catalog, string source) => (Kind, Catalog, Source) = (kind, catalog, source);

    public InformationKind Kind { get; }

    /// <summary>The version of the catalog whose layout it was held against.</summary>
    public int Catalog { get; }

    /// <summary>What was asked, without any secret.</summary>
    public string Source { get; }

    /// <summary>The source has a record of the person.</summary>
    public bool Found { get; private init; }

    /// <summary>Why the source gave nothing that can be used; null: it did.</summary>
    public string? Fault { get; private init; }

    /// <summary>In the order of the layout, then what it does not have.</summary>
    public IReadOnlyList<TriedItem> Items { get; private init; } = [];

    /// <summary>An exchange would be answered as far as the source and the layout go: with these items, or with nothing for somebody who is not there.</summary>
    public bool IsGood => Fault is null && Items.All(item => item.Errors.Count == 0);

    /// <summary>Reads through the source that <c>agent.json</c> names for the kind.</summary>
    /// <param name="options">The agent's.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="person">The agency's own identifier.</param>
    /// <param name="conditions">As a question would have them.</param>
    /// <param name="time">This host's clock.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="version">Of the catalog whose layout it is held against, and whose days decide between sources of one kind; null: the one in force.</param>
    /// <exception cref="InvalidOperationException">There is no such source, or its configuration has errors or does not fit the layout (all at once), or no catalog is held. Never a secret.</exception>
    public static async Task<SourceTrial> RunAsync(
        AgentOptions options, string kind, string person, InquiryConditions conditions, TimeProvider time, CancellationToken cancellation, int? version = null)
    {
        var held = TrustFolder.Open(options.Full(options.Trust), time).Held?.Catalogs is { Newest: not null } catalogs ? catalogs
            : throw new InvalidOperationException("This agent holds no catalog, and so no layout. Join the platform first: infolink-agent join.");
        var catalog = version is null ? held.InForce(time.GetUtcNow()) : held.Versions.FirstOrDefault(each => each.Version == version)
            ?? throw new InvalidOperationException($"This agent does not hold catalog version {version}. It holds: {string.Join(", ", held.Versions.Select(each => each.Version))}.");
        var configured = options.Sources.Where(each => string.Equals(each?.Kind, kind, StringComparison.Ordinal) && each!.Covers(catalog)).ToList() is [var one] ? one
            : throw new InvalidOperationException($"agent.json has not one source for '{kind}' in the layout of catalog version {catalog.Version}. It has: {string.Join(", ", options.Sources.Select(each => each?.Id))}.");
        StartErrors.Refuse($"The source for '{kind}' has errors", [.. configured.Errors(options), .. ItemMap.Misfits(configured, catalog)]);
        var layout = catalog.Kinds.GetValueOrDefault(KindId.Parse(kind)) ?? throw new InvalidOperationException($"The catalog does not define the kind '{kind}'.");
        RequireConditions(layout, conditions);
        if (IndividualNumber.IsWrittenIn(person))
        {
            var refusal = new Refusal(V1.RefusalName.NumberAsKey, "person");
            throw new InvalidOperationException($"{refusal} {refusal.WayOutEn}");
        }

        await using var source = ConfiguredSource.Open(configured, options, time);
        var request = new InformationRequest
        {
            Person = person,
            Kind = layout.Id,
            Conditions = conditions,
            Entry = EntryId.Parse("trial"),
            Role = SubjectRole.Parse("trial"),
            Requester = AgencyId.Parse(options.Agency),
            LayoutFrom = catalog.EffectiveFrom,
        };
        var limit = TimeSpan.FromSeconds(Math.Max(1, options.SourceTimeoutSeconds));
        var trial = new SourceTrial(layout, catalog.Version, source.Description);
        try
        {
            using var timer = new CancellationTokenSource(limit, time);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timer.Token);
            var reading = Task.Run(() => source.FindAsync(request, stop.Token), CancellationToken.None);
            return await reading.WaitAsync(limit, time, cancellation) is { } record ? trial.Of(record, source.Map) : trial;
        }
        catch (SourceFaultException fault)
        {
            return trial.With($"The system gave nothing: {fault.Message}");
        }
        catch (Exception fault) when (fault is DbException or InvalidOperationException or ArgumentException or InvalidCastException)
        {
            return trial.With(fault.Message);
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return trial.With($"The system did not answer within {limit.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s.");
        }
    }

    public override string ToString() => $"SourceTrial({Kind.Id}, redacted)";

    private SourceTrial With(string fault) => new(Kind, Catalog, Source) { Fault = fault };

    private SourceTrial Of(SourceRecord record, ItemMap? map)
    {
        var steps = map?.Steps;
        var mapped = map?.Apply(record) ?? [.. record.ToItems().Select(item => new MappedItem(item.Key, item.Key, record.Fields[item.Key], item.Value, Error: null))];
        var violations = Layout.Check(Kind, ItemMap.ItemsOf(mapped));
        var layout = Kind.Items.ToDictionary(item => item.Id, StringComparer.Ordinal);
        var items = mapped.Select(each => Tried(
            each, layout.GetValueOrDefault(each.Item), steps?[each.Item] ?? "", each.Error is { } error ? [error.Cause] : [.. violations.Where(broken => string.Equals(broken.Item, each.Item, StringComparison.Ordinal)).Select(broken => Said(layout.GetValueOrDefault(each.Item), broken.Rule))]));
        var missing = Kind.Items.Where(item => mapped.All(each => !string.Equals(each.Item, item.Id, StringComparison.Ordinal)))
            .Select(item => new TriedItem(item.Id, item.Name, item.Required, "", RawState.None, null, "", null, null, item.Required ? [Said(item, LayoutRule.Missing)] : []));
        return new SourceTrial(Kind, Catalog, Source) { Found = true, Items = [.. items.Concat(missing).OrderBy(item => Place(item.Item))] };
    }

    private int Place(string item)
    {
        var place = Kind.Items.ToList().FindIndex(each => string.Equals(each.Id, item, StringComparison.Ordinal));
        return place < 0 ? int.MaxValue : place;
    }

    private static TriedItem Tried(MappedItem mapped, DataItem? item, string steps, IReadOnlyList<string> errors) => new(
        mapped.Item,
        item?.Name,
        item?.Required ?? false,
        mapped.From,
        mapped.From.Length == 0 ? RawState.None : mapped.Raw switch { RawValue.Written => RawState.Value, RawValue.Null => RawState.Null, RawValue.Missing => RawState.Missing, _ => RawState.Formless },
        (mapped.Raw as RawValue.Written)?.Text,
        steps,
        (mapped.Answer as ItemAnswer.Value)?.Text,
        (mapped.Answer as ItemAnswer.Absent)?.Reason.Id,
        errors);

    /// <summary>The rule, and what would keep it.</summary>
    private static string Said(DataItem? item, LayoutRule rule) => rule switch
    {
        LayoutRule.UnknownItem => "the layout has no such item",
        LayoutRule.Missing => "the layout requires it, and nothing gives it",
        LayoutRule.ReasonNotAllowed => item!.AbsenceReasons.IsEmpty ? "the layout takes a value only" : $"the layout does not take this reason; it takes {string.Join(", ", item.AbsenceReasons)}",
        _ => $"{rule}: the layout takes {item?.Type switch
        {
            ItemType.Text text => $"text of {text.MinLength} to {text.MaxLength} characters{(text.Pattern is { } pattern ? $" like {pattern}" : "")}",
            ItemType.Date date => $"a day as yyyy-MM-dd, {SqlRecords.Iso(date.Min)} to {SqlRecords.Iso(date.Max)}",
            ItemType.Integer number => $"an integer, {number.Min} to {number.Max}",
            ItemType.Decimal number => $"a number, {number.Min} to {number.Max}, with at most {number.Scale} digits behind the point",
            ItemType.CodeList list => $"one of {string.Join(", ", list.Codes.Select(code => code.Code))}",
            ItemType.Boolean => "true or false",
            _ => "an individual number",
        }}",
    };

    private static void RequireConditions(InformationKind kind, InquiryConditions conditions)
    {
        string[] missing =
        [
            .. kind.Needs.HasFlag(NeededConditions.TaxYear) && conditions.TaxYear is null ? ["--tax-year"] : (string[])[],
            .. kind.Needs.HasFlag(NeededConditions.Period) && conditions.Period is null ? ["--from and --to"] : (string[])[],
            .. kind.Needs.HasFlag(NeededConditions.AsOf) && conditions.AsOf is null ? ["--as-of"] : (string[])[],
        ];
        if (missing.Length > 0)
        {
            throw new InvalidOperationException($"'{kind.Id}' is never asked for without {string.Join(", ", missing)}.");
        }
    }
}

/// <summary>How an item stands in the existing system.</summary>
public enum RawState
{
    /// <summary>Nothing was looked for.</summary>
    None,
    Value,
    Null,

    /// <summary>No such column or member.</summary>
    Missing,

    /// <summary>Bytes, a list, an object.</summary>
    Formless,
}

/// <summary>One item of a trial, with its values: for the operator's own eyes.</summary>
/// <param name="Item">The item's id.</param>
/// <param name="Name">Null: the layout does not have it.</param>
/// <param name="Required">The layout requires it.</param>
/// <param name="From">Column or path; empty: none.</param>
/// <param name="State">How it stands there.</param>
/// <param name="Raw">As it stands there; null: no text.</param>
/// <param name="Mapping">What is done to it; empty: nothing.</param>
/// <param name="Value">The value that would be answered.</param>
/// <param name="Absent">Or the reason.</param>
/// <param name="Errors">What keeps it from being answered.</param>
public sealed record TriedItem(
    string Item, Bilingual? Name, bool Required, string From, RawState State, string? Raw, string Mapping, string? Value, string? Absent, IReadOnlyList<string> Errors)
{
    public override string ToString() => $"TriedItem({Item}, redacted)";
}
