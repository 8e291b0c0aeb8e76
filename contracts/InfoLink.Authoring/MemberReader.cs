using System.Collections.Frozen;
using System.Collections.Immutable;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;

namespace InfoLink.Authoring;

internal sealed class MemberReader(StatuteCatalog? catalog, OnceOnly once)
{
    private const int Most = 10_000;
    private const int MostCategories = 50;
    private const int MostFlags = 20;
    private const int MostAbsorbed = 100;
    private readonly List<(AgencyId By, Spot Spot, AgencyId Old)> _absorbed = [];

    public List<Member> Read(Spot? section)
    {
        var members = new List<Member>();
        foreach (var (_, key, value) in section?.Map(Most) ?? [])
        {
            var id = key.Value<AgencyId>(AgencyId.TryParse, "an agency id: 1 to 32 characters of a-z, 0-9 and '-'");
            if (Member(id.GetValueOrDefault(), value) is { } member && id is not null)
            {
                members.Add(member);
            }
        }

        JudgeAbsorbed(members);
        return members;
    }

    /// <summary>Whose codes an agency may take over is unmistakable: a member's, which is no heir itself, and one heir's alone.</summary>
    private void JudgeAbsorbed(List<Member> members)
    {
        var heirs = new Dictionary<AgencyId, AgencyId>();
        foreach (var (by, spot, old) in _absorbed)
        {
            if (old == by)
            {
                spot.Fail("An agency does not absorb itself. Name the agency that was merged into it.");
            }
            else if (members.Find(member => member.Id == old) is not { } absorbed)
            {
                spot.Fail($"'{old}' is no member of this list. An agency that is absorbed stays in the list until its codes are converted.");
            }
            else if (!absorbed.Absorbs.IsEmpty)
            {
                spot.Fail($"'{old}' absorbs others itself. Name all that were merged at the agency that remains.");
            }
            else if (!heirs.TryAdd(old, by))
            {
                spot.Fail($"'{old}' is absorbed by '{heirs[old]}' already. The codes of one agency go to one agency.");
            }
        }
    }

    private Member? Member(AgencyId id, Spot spot)
    {
        if (spot.Fields("name", "categories", "identityKey", "retiringIdentityKey", "codeEpochs", "absorbs", "logs", "witnessKey", "flags") is not { } fields)
        {
            return null;
        }

        var name = fields.Both("name");
        var flags = fields.Optional("flags")?.Distinct(MostFlags, flag => flag.Value<KindId>(KindId.TryParse, "a flag: a-z, 0-9, '.' and '-'"));
        var named = (flags ?? []).Select(flag => flag.Value).ToImmutableArray();

        // The registry and the authorities of codes and numbers hold no office of the Order.
        var categories = Terms(MemberFlags.OfInstitutions.Intersect(named, StringComparer.Ordinal).Any() ? fields.Optional("categories") : fields.Required("categories"));
        var identityKey = once.Key(fields.Required("identityKey"));
        var retiringIdentityKey = once.Key(fields.Optional("retiringIdentityKey"));
        var epochs = Epochs(fields.Required("codeEpochs"));
        var absorbs = fields.Optional("absorbs")?.Distinct(MostAbsorbed, spot => Absorbed(id, spot));
        var logs = NoteKeys.Logs(fields.Optional("logs"), once);
        var witnessKey = NoteKeys.Witness(fields.Optional("witnessKey"), once);
        return identityKey is null
            ? null
            : new Member
            {
                Id = id,
                Name = name,
                Categories = categories,
                IdentityKey = identityKey,
                RetiringIdentityKey = retiringIdentityKey,
                CodeEpochs = epochs,
                Absorbs = [.. absorbs ?? []],
                Logs = logs,
                WitnessKey = witnessKey,
                Flags = named,
            };
    }

    private ImmutableArray<CategoryTerm> Terms(Spot? section)
    {
        var terms = ImmutableArray.CreateBuilder<CategoryTerm>();
        foreach (var spot in section?.List(MostCategories) ?? [])
        {
            if (spot.Fields("category", "from", "until") is not { } fields)
            {
                continue;
            }

            var end = fields.Optional("until");
            var from = fields.Required("from")?.Date();
            var until = end?.Date();
            end.MustNotPrecede(from, until, "from");
            if (Category(fields.Required("category")) is { } category && from is { } first)
            {
                var term = new CategoryTerm(category, first, until);
                if (terms.Any(earlier => Overlap(earlier, term)))
                {
                    spot.Fail($"'{category}' is already held on some of these days. Make it one term, or let the terms follow one another.");
                }

                terms.Add(term);
            }
        }

        return terms.ToImmutable();
    }

    private static bool Overlap(CategoryTerm one, CategoryTerm other) =>
        one.Category == other.Category
        && one.From <= (other.Until ?? DateOnly.MaxValue)
        && other.From <= (one.Until ?? DateOnly.MaxValue);

    private CategoryId? Category(Spot? spot)
    {
        var category = spot?.Value<CategoryId>(CategoryId.TryParse, "a category id");
        if (category is { } named && catalog is not null && !catalog.Categories.ContainsKey(named))
        {
            spot?.Fail($"The catalog has no category '{named}'. Name one that it has, or add it there first.");
        }

        return category;
    }

    private AgencyId? Absorbed(AgencyId by, Spot spot)
    {
        var old = spot.Value<AgencyId>(AgencyId.TryParse, "an agency id: 1 to 32 characters of a-z, 0-9 and '-'");
        if (old is { } named)
        {
            _absorbed.Add((by, spot, named));
        }

        return old;
    }

    private static CodeEpochs Epochs(Spot? spot)
    {
        if (spot?.Fields("current", "previous", "next") is not { } fields)
        {
            return default;
        }

        var (previousAt, nextAt) = (fields.Optional("previous"), fields.Optional("next"));
        var current = fields.Required("current")?.Integer(1, byte.MaxValue);
        var previous = previousAt?.Integer(1, byte.MaxValue);
        if (previous is { } old && current is { } now && old >= now)
        {
            previousAt?.Fail($"The previous epoch {old} must be less than the current one, {now}: epochs count up and are not used again.");
        }

        var next = nextAt?.Integer(1, byte.MaxValue);
        if (next is { } coming && current is { } today && coming <= today)
        {
            nextAt?.Fail($"The next epoch {coming} must be greater than the current one, {today}: epochs count up and are not used again.");
        }

        return new CodeEpochs((byte)(current ?? 0), (byte?)previous, (byte?)next);
    }
}

internal static class BrokerReader
{
    private const int MostTokenKeys = 4;
    private const int LongestKeyId = 64;

    public static BrokerIdentity? Read(Spot? spot, OnceOnly once)
    {
        if (spot?.Fields("identityKey", "retiringIdentityKey", "tokenKeys", "logs", "witnessKey") is not { } fields)
        {
            return null;
        }

        var identityKey = once.Key(fields.Required("identityKey"));
        var retiringIdentityKey = once.Key(fields.Optional("retiringIdentityKey"));
        var tokenKeys = new Dictionary<string, P256PublicKey>(StringComparer.Ordinal);
        foreach (var (kid, key, value) in fields.Required("tokenKeys")?.Map(MostTokenKeys) ?? [])
        {
            _ = key.Text(LongestKeyId);
            if (once.Key(value) is { } own)
            {
                tokenKeys[kid] = own;
            }
        }

        var logs = NoteKeys.Logs(fields.Optional("logs"), once);
        var witnessKey = NoteKeys.Witness(fields.Optional("witnessKey"), once);
        return identityKey is null
            ? null
            : new BrokerIdentity
            {
                IdentityKey = identityKey,
                RetiringIdentityKey = retiringIdentityKey,
                TokenKeys = tokenKeys.ToFrozenDictionary(StringComparer.Ordinal),
                Logs = logs,
                WitnessKey = witnessKey,
            };
    }
}

/// <summary>Keys of logs and witnesses, as C2SP signed-note writes them: <c>name+key id+key</c>, which a slip of the pen does not survive.</summary>
internal static class NoteKeys
{
    /// <summary>A broker of several processes begins a log a year in each, and names all that records may still be asked from: seven years and the one that runs.</summary>
    private const int MostLogs = 64;

    public static ImmutableArray<NoteKey> Logs(Spot? section, OnceOnly once) =>
        [.. (section?.List(MostLogs) ?? []).Select(spot => Read(spot, NoteKeyKind.Log, once)).OfType<NoteKey>()];

    public static NoteKey? Witness(Spot? spot, OnceOnly once) => Read(spot, NoteKeyKind.Cosigner, once);

    private static NoteKey? Read(Spot? spot, NoteKeyKind kind, OnceOnly once)
    {
        if (spot?.Text() is not { } text)
        {
            return null;
        }

        if (NoteKey.TryParse(text) is not { } key || key.Kind != kind)
        {
            spot.Value.Fail(kind == NoteKeyKind.Log
                ? "Expected a log's verifier key, name+key id+key (C2SP signed-note, Ed25519). The log's owner prints it."
                : "Expected a witness's verifier key, name+key id+key (C2SP tlog-cosignature, Ed25519). The witness prints it.");
            return null;
        }

        return once.Name(key, spot.Value) ? key : null;
    }
}
