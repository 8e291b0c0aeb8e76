using System.Collections.Immutable;
using System.Globalization;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Trust;

namespace InfoLink.Authoring;

/// <summary>A member as the list will say it.</summary>
public sealed record NewMember
{
    public required AgencyId Id { get; init; }

    public required Bilingual Name { get; init; }

    /// <summary>At least one.</summary>
    public required ImmutableArray<CategoryTerm> Categories { get; init; }

    public required P256PublicKey IdentityKey { get; init; }

    /// <summary>The identity key of before, while certificates under it are still accepted; null: none.</summary>
    public P256PublicKey? RetiringIdentityKey { get; init; }

    public required CodeEpochs CodeEpochs { get; init; }

    public ImmutableArray<NoteKey> Logs { get; init; } = [];

    public NoteKey? WitnessKey { get; init; }

    public ImmutableArray<string> Flags { get; init; } = [];
}

/// <summary>What changes about a member; null: it stays as it is. An empty list takes logs or flags away.</summary>
public sealed record MemberChange
{
    public Bilingual? Name { get; init; }

    public ImmutableArray<CategoryTerm>? Categories { get; init; }

    public P256PublicKey? IdentityKey { get; init; }

    public P256PublicKey? RetiringIdentityKey { get; init; }

    /// <summary>The retiring key has had its time.</summary>
    public bool DropRetiringIdentityKey { get; init; }

    public CodeEpochs? CodeEpochs { get; init; }

    /// <summary>All agencies that were merged into it.</summary>
    public ImmutableArray<AgencyId>? Absorbs { get; init; }

    public ImmutableArray<NoteKey>? Logs { get; init; }

    public NoteKey? WitnessKey { get; init; }

    /// <summary>It is no witness any more.</summary>
    public bool DropWitnessKey { get; init; }

    public ImmutableArray<string>? Flags { get; init; }
}

/// <summary>The steps by which an agency's link codes change, one signed list each.</summary>
public enum RotationStep
{
    /// <summary>The next epoch is named: its codes are accepted, and the agency converts.</summary>
    Announce,

    /// <summary>The next epoch is the current one; the one of before is still accepted.</summary>
    Switch,

    /// <summary>The epoch of before is accepted from the agency no more.</summary>
    Drop,
}

/// <summary>
/// The next member list, made from the one that is held: one thing changes, everything else stays as it is, to the byte. From a signed list comes the
/// version after it; a draft that nobody has signed is amended and keeps its number, so that several changes are signed once.
/// </summary>
/// <remarks>Every method reads its result back as brokers and agents will, and refuses what they would refuse (<see cref="DocumentException"/>).</remarks>
public static class MembersDraft
{
    /// <param name="current">The newest list, signed or a draft.</param>
    /// <param name="member">Who joins.</param>
    /// <param name="now">The time of issue.</param>
    /// <param name="expires">The last day (JST); null: as long as a list may be good for.</param>
    /// <exception cref="DocumentException"><see cref="DocumentFault.DoesNotFit"/>: it is a member already. Otherwise as a reader would refuse it.</exception>
    public static Document<MemberList> Add(Document<MemberList> current, NewMember member, DateTimeOffset now, DateOnly? expires = null)
    {
        if (current.Value.TryFind(member.Id, out _))
        {
            throw Unfit($"{member.Id} is a member already. Change it ('infolink member change'), or take another id.");
        }

        return WithMember(current, member.Id, Node(member), now, expires);
    }

    /// <exception cref="DocumentException"><see cref="DocumentFault.DoesNotFit"/>: no such member, or nothing changes.</exception>
    public static Document<MemberList> Change(Document<MemberList> current, AgencyId id, MemberChange change, DateTimeOffset now, DateOnly? expires = null)
    {
        var before = Of(current, id);
        var after = before
            .With("name", change.Name is { } name ? Node(name) : before.Find("name"))
            .With("categories", change.Categories is { } terms ? Node(terms) : before.Find("categories"))
            .With("identityKey", change.IdentityKey is { } key ? Node(key) : before.Find("identityKey"))
            .With("retiringIdentityKey", change.DropRetiringIdentityKey ? null : change.RetiringIdentityKey is { } old ? Node(old) : before.Find("retiringIdentityKey"))
            .With("codeEpochs", change.CodeEpochs is { } epochs ? Node(epochs) : before.Find("codeEpochs"))
            .With("absorbs", change.Absorbs is { } absorbs ? Names(absorbs.Select(old => old.Value)) : before.Find("absorbs"))
            .With("logs", change.Logs is { } logs ? Node(logs) : before.Find("logs"))
            .With("witnessKey", change.DropWitnessKey ? null : change.WitnessKey is { } witness ? DocumentNode.Of(witness.ToString()) : before.Find("witnessKey"))
            .With("flags", change.Flags is { } flags ? Names(flags) : before.Find("flags"));
        return string.Equals(CanonicalJson.Text(before), CanonicalJson.Text(after), StringComparison.Ordinal)
            ? throw Unfit($"Nothing about {id} changes. Say what does.")
            : WithMember(current, id, after, now, expires);
    }

    /// <summary>One step of changing the link codes of some agencies, or of all: announced, switched to, and the old ones dropped (SPEC §7).</summary>
    /// <param name="current">The newest list, signed or a draft.</param>
    /// <param name="agencies">Whose codes; null: of all members for whom the step is due.</param>
    /// <param name="step">Which step.</param>
    /// <param name="next">The epoch that is announced; null for the other steps.</param>
    /// <param name="now">The time of issue.</param>
    /// <param name="expires">The last day (JST); null: as long as a list may be good for.</param>
    /// <exception cref="DocumentException"><see cref="DocumentFault.DoesNotFit"/>: no such member, or the step is not due. Otherwise as a reader would refuse it.</exception>
    public static Document<MemberList> Rotate(
        Document<MemberList> current, IReadOnlyCollection<AgencyId>? agencies, RotationStep step, byte? next, DateTimeOffset now, DateOnly? expires = null)
    {
        if ((step == RotationStep.Announce) != (next is not null))
        {
            throw Unfit("An announced epoch is named, and nothing else is.");
        }

        var root = Root(current);
        var listed = root.Find("agencies") as DocumentNode.Mapping ?? DocumentNode.Mapping.Containing();
        var changed = 0;
        foreach (var id in agencies ?? [.. current.Value.Members.Select(member => member.Id)])
        {
            var before = Of(current, id);
            var epochs = current.Value.TryFind(id, out var member) ? member.CodeEpochs : default;
            if (Step(epochs, step, next) is not { } after)
            {
                _ = agencies is null ? 0 : throw Unfit($"This step is not due for {id}: {Why(epochs, step)}");
                continue;
            }

            listed = listed.With(id.Value, before.With("codeEpochs", Node(after)));
            changed++;
        }

        return changed > 0 ? Next(current, root.With("agencies", listed), now, expires) : throw Unfit("This step is due for no member of the list.");
    }

    private static CodeEpochs? Step(CodeEpochs epochs, RotationStep step, byte? next) => step switch
    {
        RotationStep.Announce => epochs.Next is null ? epochs with { Next = next } : null,
        RotationStep.Switch => epochs.Next is { } coming ? new CodeEpochs(coming, epochs.Current) : null,
        _ => epochs.Previous is null ? null : epochs with { Previous = null },
    };

    private static string Why(CodeEpochs epochs, RotationStep step) => step switch
    {
        RotationStep.Announce => $"epoch {epochs.Next} is announced already. Switch to it first.",
        RotationStep.Switch => "no next epoch is announced. Announce one first.",
        _ => "no previous epoch is accepted.",
    };

    /// <exception cref="DocumentException"><see cref="DocumentFault.DoesNotFit"/>: no such member, or too few witnesses would be left for the quorum.</exception>
    public static Document<MemberList> Remove(Document<MemberList> current, AgencyId id, DateTimeOffset now, DateOnly? expires = null)
    {
        _ = Of(current, id);
        return WithMember(current, id, member: null, now, expires);
    }

    /// <summary>With another number of witnesses that must have cosigned; 0: none.</summary>
    /// <exception cref="DocumentException"><see cref="DocumentFault.Malformed"/>: there are not so many witnesses.</exception>
    public static Document<MemberList> WithQuorum(Document<MemberList> current, int quorum, DateTimeOffset now, DateOnly? expires = null) =>
        Next(current, Root(current).With("quorum", quorum == 0 ? null : DocumentNode.Of(quorum.ToString(CultureInfo.InvariantCulture))), now, expires);

    /// <summary>With another identity key of the broker's; the one of today is named as the retiring one. Null: the retiring one is dropped.</summary>
    /// <exception cref="DocumentException">As a reader would refuse it.</exception>
    public static Document<MemberList> WithBrokerIdentity(Document<MemberList> current, P256PublicKey? next, DateTimeOffset now, DateOnly? expires = null)
    {
        var root = Root(current);
        var broker = (DocumentNode.Mapping)root.Find("broker")!;
        var changed = next is null
            ? broker.With("retiringIdentityKey", null)
            : broker.With("retiringIdentityKey", broker.Find("identityKey")).With("identityKey", DocumentNode.Of(next.ToString()));
        return Next(current, root.With("broker", changed), now, expires);
    }

    /// <summary>With one more token key of the broker's, or with one less.</summary>
    /// <exception cref="DocumentException"><see cref="DocumentFault.Malformed"/>: none would be left, or more than a list may hold.</exception>
    public static Document<MemberList> WithTokenKey(Document<MemberList> current, string keyId, P256PublicKey? key, DateTimeOffset now, DateOnly? expires = null)
    {
        var root = Root(current);
        var broker = (DocumentNode.Mapping)root.Find("broker")!;
        var keys = ((DocumentNode.Mapping)broker.Find("tokenKeys")!).With(keyId, key is null ? null : DocumentNode.Of(key.ToString()));
        return Next(current, root.With("broker", broker.With("tokenKeys", keys)), now, expires);
    }

    /// <summary>With one more log of the broker's, where another broker of the platform begins to run, or with one less.</summary>
    /// <exception cref="DocumentException"><see cref="DocumentFault.DoesNotFit"/>: there is such a log, or none. Otherwise as a reader would refuse it.</exception>
    public static Document<MemberList> WithBrokerLog(Document<MemberList> current, NoteKey log, bool runs, DateTimeOffset now, DateOnly? expires = null)
    {
        var before = current.Value.Broker.Logs;
        if (before.Contains(log) == runs)
        {
            throw Unfit(runs ? $"The log {log.Name} is in the list already." : $"The list names no log {log}.");
        }

        var root = Root(current);
        var broker = (DocumentNode.Mapping)root.Find("broker")!;
        return Next(current, root.With("broker", broker.With("logs", Node(runs ? before.Add(log) : before.Remove(log)))), now, expires);
    }

    /// <summary>The same list for some time more: the version after a signed one, and nothing in it changes.</summary>
    /// <exception cref="DocumentException">As a reader would refuse it.</exception>
    public static Document<MemberList> Renew(Document<MemberList> current, DateTimeOffset now, DateOnly? expires = null) =>
        Next(current, Root(current), now, expires);

    private static Document<MemberList> WithMember(Document<MemberList> current, AgencyId id, DocumentNode? member, DateTimeOffset now, DateOnly? expires)
    {
        var root = Root(current);
        var agencies = (root.Find("agencies") as DocumentNode.Mapping ?? DocumentNode.Mapping.Containing()).With(id.Value, member);
        return Next(current, root.With("agencies", agencies.Fields.IsEmpty ? null : agencies), now, expires);
    }

    private static Document<MemberList> Next(Document<MemberList> current, DocumentNode.Mapping body, DateTimeOffset now, DateOnly? expires)
    {
        var last = expires ?? JapanTime.CivilDate(now).AddDays(DocumentKind.Members.LongestDays());
        var next = current.Envelope.Signatures.IsEmpty
            ? body.With("issued", DocumentNode.Of(HeaderReader.Text(now))).With("expires", DocumentNode.Of(Day(last)))
            : HeaderReader.Write(body, DocumentKind.Members, current.Header.Platform, current.Header, now, last);
        var document = Documents.Members(SignedDocument.Draft(CanonicalJson.Write(next)));
        document.Header.RequireTimely(now);
        return document;
    }

    private static DocumentNode.Mapping Root(Document<MemberList> current) =>
        (DocumentNode.Mapping)CanonicalJson.Read(current.Envelope.Payload.Span, new ErrorSheet("members"))!;

    private static DocumentNode.Mapping Of(Document<MemberList> current, AgencyId id) =>
        (Root(current).Find("agencies") as DocumentNode.Mapping)?.Find(id.Value) as DocumentNode.Mapping
        ?? throw Unfit($"{id} is no member of version {current.Header.Version}. See 'infolink member list'.");

    private static DocumentNode.Mapping Node(NewMember member) => DocumentNode.Mapping.Containing(
        ("name", Node(member.Name)),
        ("categories", Node(member.Categories)),
        ("identityKey", Node(member.IdentityKey)),
        ("retiringIdentityKey", member.RetiringIdentityKey is { } old ? Node(old) : null),
        ("codeEpochs", Node(member.CodeEpochs)),
        ("logs", Node(member.Logs)),
        ("witnessKey", member.WitnessKey is { } witness ? DocumentNode.Of(witness.ToString()) : null),
        ("flags", Names(member.Flags)));

    private static DocumentNode.Mapping Node(Bilingual name) =>
        DocumentNode.Mapping.Containing(("ja", DocumentNode.Of(name.Ja)), ("en", DocumentNode.Of(name.En)));

    private static DocumentNode.Sequence Node(ImmutableArray<CategoryTerm> terms) => DocumentNode.ListOf(terms.Select(term => DocumentNode.Mapping.Containing(
        ("category", DocumentNode.Of(term.Category.Value)),
        ("from", DocumentNode.Of(Day(term.From))),
        ("until", term.Until is { } until ? DocumentNode.Of(Day(until)) : null))));

    private static DocumentNode.Scalar Node(P256PublicKey key) => DocumentNode.Of(key.ToString());

    private static DocumentNode.Mapping Node(CodeEpochs epochs) => DocumentNode.Mapping.Containing(
        ("current", DocumentNode.Of(epochs.Current.ToString(CultureInfo.InvariantCulture))),
        ("previous", epochs.Previous is { } previous ? DocumentNode.Of(previous.ToString(CultureInfo.InvariantCulture)) : null),
        ("next", epochs.Next is { } next ? DocumentNode.Of(next.ToString(CultureInfo.InvariantCulture)) : null));

    private static DocumentNode? Node(ImmutableArray<NoteKey> keys) => Names(keys.Select(key => key.ToString()!));

    private static DocumentNode.Sequence? Names(IEnumerable<string> names) =>
        DocumentNode.ListOf(names.Select(DocumentNode.Of)) is { Nodes.IsEmpty: false } list ? list : null;

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static DocumentException Unfit(string message) => new(DocumentFault.DoesNotFit, message);
}
