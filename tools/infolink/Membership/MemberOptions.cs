using System.Collections.Immutable;
using System.CommandLine;
using InfoLink.Authoring;
using InfoLink.Broker;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Trust;
using InfoLink.Tool.Documents;
using InfoLink.Tool.Signing;

namespace InfoLink.Tool.Membership;

/// <summary>What a member list says of a member, as options.</summary>
internal sealed class MemberOptions(bool isNew)
{
    private readonly Option<string?> _nameJa = new("--name-ja") { Description = "The name in Japanese.", Required = isNew };
    private readonly Option<string?> _nameEn = new("--name-en") { Description = "The name in English.", Required = isNew };
    private readonly Option<string[]> _categories = new("--category")
    {
        Description = $"A category of the catalog with its first day and, where known, its last: municipality:2026-04-01. May be repeated{(isNew ? "" : "; all that it holds")}.",
        Required = isNew,
    };

    private readonly Option<string?> _identityKey = new("--identity-key") { Description = "The agency's identity key (public half, base64, or a file with it). Compare its fingerprint by voice." };
    private readonly Option<string?> _retiring = new("--retiring-identity-key") { Description = "The identity key of before, as long as certificates under it are to be accepted." };
    private readonly Option<bool> _dropRetiring = new("--drop-retiring-identity-key") { Description = "Certificates under the key of before are not accepted any more." };
    private readonly Option<string[]> _logs = new("--log") { Description = $"The verifier key of a log of the agency's agents. May be repeated{(isNew ? "" : "; all its logs")}." };
    private readonly Option<string?> _witness = new("--witness-key") { Description = "The verifier key with which it cosigns the broker's log, if it is a witness." };
    private readonly Option<bool> _dropWitness = new("--drop-witness-key") { Description = "It is no witness any more." };
    private readonly Option<int?> _epoch = new("--epoch") { Description = $"The epoch of its new link codes, 1 to 255{(isNew ? "; with --joined the broker's newest, if none is given" : "")}." };
    private readonly Option<int?> _previousEpoch = new("--previous-epoch") { Description = "The epoch before, while its codes are still read." };
    private readonly Option<string[]> _absorbs = new("--absorbs") { Description = "An agency that was merged into it and stays a member until its codes are converted. May be repeated; all of them." };
    private readonly Option<bool> _dropAbsorbs = new("--drop-absorbs") { Description = "It absorbs nobody any more." };
    private readonly Option<string[]> _flags = new("--flag") { Description = $"A mark: number-less, may-match-in-registry … May be repeated{(isNew ? "" : "; all its marks")}." };
    private readonly Option<bool> _dropFlags = new("--drop-flags") { Description = "It has no marks any more." };

    private readonly Option<string?> _joined = new("--joined") { Description = "The broker's folder: identity, log and witness keys are those with which the agency joined. Compare the fingerprint by voice." };
    private readonly Option<bool> _asWitness = new("--witness") { Description = "With --joined: the agency is to be a witness of the broker's log." };

    public void AddTo(Command command)
    {
        if (isNew)
        {
            AuthorityCommands.Add(command, _joined, _asWitness);
        }

        AuthorityCommands.Add(command, _nameJa, _nameEn, _categories, _identityKey, _retiring, _logs, _witness, _epoch, _previousEpoch, _flags);
        if (!isNew)
        {
            AuthorityCommands.Add(command, _absorbs, _dropAbsorbs, _dropRetiring, _dropWitness, _dropFlags);
        }
    }

    public NewMember New(ParseResult parsed, AgencyId id)
    {
        var broker = parsed.GetValue(_joined) is { } folder ? Operating.BrokerOption.Read(folder) : null;
        var joined = broker is null ? null : BrokerSetup.Joined(broker, id);
        return new NewMember
        {
            Id = id,
            Name = new Bilingual(parsed.GetValue(_nameJa)!, parsed.GetValue(_nameEn)!),
            Categories = Terms(parsed) ?? [],
            IdentityKey = Key(parsed, _identityKey) ?? (joined is null ? null : Given.Key(joined.IdentityKey)) ?? throw new FormatException("Say --identity-key, or --joined."),
            RetiringIdentityKey = Key(parsed, _retiring),
            CodeEpochs = new CodeEpochs(
                parsed.GetValue(_epoch) is { } epoch ? Given.Epoch(epoch) : broker is not null ? BrokerSetup.NewestEpoch(broker) : throw new FormatException("Say --epoch, or --joined."),
                Previous(parsed)),
            Logs = Logs(parsed) ?? (joined is null ? [] : [Given.Note(joined.LogKey, NoteKeyKind.Log)]),
            WitnessKey = Witness(parsed) ?? (joined is not null && parsed.GetValue(_asWitness) ? Given.Note(joined.WitnessKey, NoteKeyKind.Cosigner) : null),
            Flags = [.. parsed.GetValue(_flags) ?? []],
        };
    }

    public MemberChange Change(ParseResult parsed, Document<MemberList> current, AgencyId id)
    {
        var member = MemberCommands.Find(current.Value, id);
        var (ja, en) = (parsed.GetValue(_nameJa), parsed.GetValue(_nameEn));
        return new MemberChange
        {
            Name = ja is null && en is null ? null : new Bilingual(ja ?? member.Name.Ja, en ?? member.Name.En),
            Categories = Terms(parsed),
            IdentityKey = Key(parsed, _identityKey),
            RetiringIdentityKey = Key(parsed, _retiring),
            DropRetiringIdentityKey = parsed.GetValue(_dropRetiring),
            Absorbs = parsed.GetValue(_dropAbsorbs) ? [] : parsed.GetValue(_absorbs) is { Length: > 0 } absorbs ? [.. absorbs.Select(Given.Agency)] : null,
            CodeEpochs = parsed.GetValue(_epoch) is { } epoch ? new CodeEpochs(Given.Epoch(epoch), Previous(parsed))
                : Previous(parsed) is null ? null
                : throw new FormatException("Say --epoch beside --previous-epoch."),
            Logs = Logs(parsed),
            WitnessKey = Witness(parsed),
            DropWitnessKey = parsed.GetValue(_dropWitness),
            Flags = parsed.GetValue(_dropFlags) ? [] : parsed.GetValue(_flags) is { Length: > 0 } flags ? [.. flags] : null,
        };
    }

    private ImmutableArray<CategoryTerm>? Terms(ParseResult parsed) =>
        parsed.GetValue(_categories) is { Length: > 0 } categories ? [.. categories.Select(Given.Term)] : null;

    private ImmutableArray<NoteKey>? Logs(ParseResult parsed) =>
        parsed.GetValue(_logs) is { Length: > 0 } logs ? [.. logs.Select(log => Given.Note(log, NoteKeyKind.Log))] : null;

    private NoteKey? Witness(ParseResult parsed) => parsed.GetValue(_witness) is { } witness ? Given.Note(witness, NoteKeyKind.Cosigner) : null;

    private byte? Previous(ParseResult parsed) => parsed.GetValue(_previousEpoch) is { } previous ? Given.Epoch(previous) : null;

    private static P256PublicKey? Key(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) is { } text ? Given.Key(text) : null;
}
