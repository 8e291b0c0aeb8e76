using System.Security.Cryptography;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Trust;

namespace InfoLink.Authoring;

/// <summary>
/// Reads a member list as people write it: a whole list, or all errors at once. Given a catalog, categories that the catalog does not
/// know are errors too: an agency would otherwise quietly be nobody.
/// </summary>
public static class MembersFile
{
    internal static readonly string[] Names = ["quorum", "broker", "agencies"];

    /// <param name="path">The file; errors name it as it is given here.</param>
    /// <param name="catalog">Whose categories the members must hold; null: any well-formed category will do.</param>
    public static Loaded<MemberList> Read(string path, StatuteCatalog? catalog = null)
    {
        var errors = new ErrorSheet(path);
        return AuthoredFile.Bytes(path, errors) is { } bytes ? Parse(bytes, catalog, errors) : errors.Broken<MemberList>();
    }

    /// <param name="name">What errors call the file.</param>
    /// <param name="bytes">The file as distributed; the list bears their hash.</param>
    /// <param name="catalog">As for reading a path.</param>
    public static Loaded<MemberList> Parse(string name, ReadOnlySpan<byte> bytes, StatuteCatalog? catalog = null) =>
        Parse(bytes, catalog, new ErrorSheet(name));

    /// <summary>A draft for the authority's signatures: the file's content as the version after <paramref name="previous"/>.</summary>
    /// <param name="name">What errors call the file.</param>
    /// <param name="bytes">The YAML.</param>
    /// <param name="previous">The newest version that was signed; null: this is the first.</param>
    /// <param name="now">The time of issue.</param>
    /// <param name="expires">The last day; null: as long as a list may be good for.</param>
    public static Loaded<SignedDocument> Draft(string name, ReadOnlySpan<byte> bytes, DocumentHeader? previous, DateTimeOffset now, DateOnly? expires = null)
    {
        var errors = new ErrorSheet(name);
        return Parse(bytes, catalog: null, errors) is Loaded<MemberList>.Whole { Value: var list }
            ? AuthoredFile.Draft(
                bytes,
                DocumentKind.Members,
                list.Platform,
                previous,
                now,
                expires ?? JapanTime.CivilDate(now).AddDays(DocumentKind.Members.LongestDays()),
                errors)
            : errors.Broken<SignedDocument>();
    }

    private static Loaded<MemberList> Parse(ReadOnlySpan<byte> bytes, StatuteCatalog? catalog, ErrorSheet errors)
    {
        var document = AuthoredFile.Document(bytes, errors);
        if (document?.Fields(["version", "platform", .. Names]) is not { } file)
        {
            return errors.Broken<MemberList>();
        }

        var version = file.Optional("version")?.Integer(1, int.MaxValue);
        var platform = HeaderReader.Platform(file.Required("platform"));
        var list = Read(file, version ?? 1, SHA256.HashData(bytes), platform ?? "unnamed", DateOnly.MaxValue, catalog, errors);
        return list is not null && errors.IsEmpty ? new Loaded<MemberList>.Whole(list) : errors.Broken<MemberList>();
    }

    /// <summary>The list in these fields; null where there are errors.</summary>
    internal static MemberList? Read(
        Fields file, int version, ReadOnlySpan<byte> sha256, string platform, DateOnly expires, StatuteCatalog? catalog, ErrorSheet errors)
    {
        var once = new OnceOnly();
        var broker = BrokerReader.Read(file.Required("broker"), once);
        var members = file.Optional("agencies") is { } agencies ? new MemberReader(catalog, once).Read(agencies) : [];
        var witnesses = members.Count(member => member.WitnessKey is not null);
        var quorumAt = file.Optional("quorum");
        var quorum = quorumAt?.Integer(0, 100) ?? 0;
        if (quorum > witnesses)
        {
            quorumAt?.Fail($"{quorum} witnesses must cosign, and {witnesses} agencies have a witnessKey: nothing would ever be answered.");
        }

        return errors.IsEmpty && broker is not null ? new MemberList(version, sha256, platform, broker, members, quorum) { Expires = expires } : null;
    }
}

/// <summary>Keys and endpoints belong to one party each: a key held by two would let one speak as the other.</summary>
internal sealed class OnceOnly
{
    private readonly Dictionary<P256PublicKey, Spot> _keys = [];
    private readonly Dictionary<Uri, Spot> _endpoints = [];
    private readonly Dictionary<string, Spot> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Spot> _noteKeys = new(StringComparer.Ordinal);

    public P256PublicKey? Key(Spot? spot)
    {
        const string Form = "a P-256 public key: SubjectPublicKeyInfo, DER, in base64 on one line";
        if (spot?.Text() is not { } text)
        {
            return null;
        }

        Span<byte> spki = stackalloc byte[P256PublicKey.Size];
        if (!Convert.TryFromBase64String(text, spki, out var length)
            || !P256PublicKey.TryParse(spki[..length], out var key)
            || !string.Equals(key.ToString(), text, StringComparison.Ordinal)) // Blanks and fill bits would give one key several texts.
        {
            spot.Value.Fail($"Expected {Form}.");
            return null;
        }

        return Once(_keys, key, spot.Value, "This key") ? key : null;
    }

    public Uri? Endpoint(Spot? spot)
    {
        if (spot?.Text() is not { } text)
        {
            return null;
        }

        var good = Endpoints.TryParse(text, out var uri);
        if (!good)
        {
            spot.Value.Fail("Expected https://host:port, without user, path or query.");
            return null;
        }

        return Once(_endpoints, uri!, spot.Value, "This endpoint") ? uri : null;
    }

    /// <summary>A log's or a witness's name, and its key.</summary>
    public bool Name(NoteKey key, Spot spot) =>
        Once(_names, key.Name, spot, "This name") && Once(_noteKeys, Convert.ToHexString(key.PublicKey.Span), spot, "This key");

    private static bool Once<T>(Dictionary<T, Spot> seen, T value, Spot spot, string what)
        where T : notnull
    {
        if (seen.TryAdd(value, spot))
        {
            return true;
        }

        var first = seen[value];
        spot.Fail($"{what} already stands {(first.Node.Line > 0 ? $"in line {first.Node.Line}" : $"at {first.Path}")}. Each party has its own.");
        return false;
    }
}
