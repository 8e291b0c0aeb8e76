using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;

namespace InfoLink.Authoring;

/// <summary>The broker's directory as a document. Fields that could widen anything do not exist, and unknown fields are errors.</summary>
public static class DirectoryFile
{
    private const int Most = 100_000;

    public static SignedDocument Draft(BrokerDirectory directory) => SignedDocument.Draft(CanonicalJson.Write(DocumentNode.Mapping.Containing(
        ("type", DocumentNode.Of(DocumentKind.Directory.Name())),
        ("platform", DocumentNode.Of(directory.Platform)),
        ("serial", DocumentNode.Of(directory.Serial.ToString(CultureInfo.InvariantCulture))),
        ("issued", DocumentNode.Of(HeaderReader.Text(directory.Issued))),
        ("broker", directory.Broker is { } broker ? DocumentNode.Of(broker.GetLeftPart(UriPartial.Authority)) : null),
        ("endpoints", directory.Endpoints.Count == 0
            ? null
            : DocumentNode.Mapping.Containing(directory.Endpoints.Select(pair => (pair.Key.Value, (DocumentNode?)DocumentNode.Of(pair.Value.GetLeftPart(UriPartial.Authority)))))),
        ("suspended", Names(directory.Suspended.Select(agency => agency.Value))),
        ("switchedOff", Names(directory.SwitchedOff.Select(entry => entry.Value))),
        ("closed", directory.Closed.Count == 0
            ? null
            : DocumentNode.Mapping.Containing(directory.Closed.Select(pair => (pair.Key.Value, (DocumentNode?)DocumentNode.ListOf(pair.Value.Select(Write)))))))));

    internal static BrokerDirectory? Read(Spot root)
    {
        if (root.Fields("type", "platform", "serial", "issued", "broker", "endpoints", "suspended", "switchedOff", "closed") is not { } file)
        {
            return null;
        }

        _ = file.Required("type")?.OneOf((DocumentKind.Directory.Name(), DocumentKind.Directory));
        var platform = HeaderReader.Platform(file.Required("platform"));
        var serial = file.Required("serial")?.LongInteger(1, long.MaxValue);
        var issued = HeaderReader.Time(file.Required("issued"));
        var once = new OnceOnly();
        var broker = once.Endpoint(file.Optional("broker"));
        var endpoints = new Dictionary<AgencyId, Uri>();
        foreach (var (_, key, value) in file.Optional("endpoints")?.Map(Most) ?? [])
        {
            if (key.Value<AgencyId>(AgencyId.TryParse, "an agency id") is { } agency && once.Endpoint(value) is { } endpoint)
            {
                endpoints[agency] = endpoint;
            }
        }

        var suspended = file.Optional("suspended")?.List(Most).Select(spot => spot.Value<AgencyId>(AgencyId.TryParse, "an agency id")).OfType<AgencyId>() ?? [];
        var switchedOff = file.Optional("switchedOff")?.List(Most).Select(spot => spot.Value<EntryId>(EntryId.TryParse, "an entry id")).OfType<EntryId>() ?? [];
        var closed = new Dictionary<AgencyId, ImmutableArray<Closure>>();
        foreach (var (_, key, value) in file.Optional("closed")?.Map(Most) ?? [])
        {
            if (key.Value<AgencyId>(AgencyId.TryParse, "an agency id") is { } agency)
            {
                closed[agency] = ReadClosures(value);
            }
        }

        return platform is null || serial is null || issued is null
            ? null
            : new BrokerDirectory
            {
                Platform = platform,
                Serial = serial.Value,
                Issued = issued.Value,
                Broker = broker,
                Endpoints = endpoints.ToFrozenDictionary(),
                Suspended = suspended.ToFrozenSet(),
                SwitchedOff = switchedOff.ToFrozenSet(),
                Closed = closed.ToFrozenDictionary(),
            };
    }

    private static DocumentNode Write(Closure closure) => DocumentNode.Mapping.Containing(
        ("from", DocumentNode.Of(HeaderReader.Text(closure.From))), ("until", DocumentNode.Of(HeaderReader.Text(closure.Until))));

    private static ImmutableArray<Closure> ReadClosures(Spot at)
    {
        var closures = new List<Closure>();
        foreach (var spot in at.List(Closure.Most))
        {
            if (spot.Fields("from", "until") is { } fields && HeaderReader.Time(fields.Required("from")) is { } from && HeaderReader.Time(fields.Required("until")) is { } until)
            {
                closures.Add(new Closure(from, until));
            }
        }

        if (Closure.WhyNot(closures) is { } why)
        {
            at.Fail($"Closures of an agency: {why}.");
        }

        return [.. closures];
    }

    private static DocumentNode? Names(IEnumerable<string> names)
    {
        var sorted = names.Order(StringComparer.Ordinal).Select(DocumentNode.Of).ToList();
        return sorted.Count == 0 ? null : DocumentNode.ListOf(sorted);
    }
}
