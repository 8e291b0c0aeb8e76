using System.CommandLine;
using InfoLink.Authoring;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Trust;
using InfoLink.Tool.Documents;
using InfoLink.Tool.Operating;
using InfoLink.Tool.Signing;

namespace InfoLink.Tool.Membership;

/// <summary><c>infolink member …</c>: the next member list, for the authority's signature.</summary>
internal static class MemberCommands
{
    public static Command Create()
    {
        var command = new Command("member", "Prepare the next member list for the authority to sign, show what a list says, and suspend a member at once.")
        {
            Add(), Change(), Rotate(), Remove(), Quorum(), TokenKeys(), BrokerKey(), BrokerLogs(), Renew(), Build(), List(), Show(),
        };
        foreach (var act in ActCommands.OfMembers())
        {
            command.Add(act);
        }

        return command;
    }

    private static Command Add()
    {
        var (options, target) = (new MemberOptions(isNew: true), new Target());
        var command = Commands.New(
            "add",
            "Draft the next list with one member more.",
            "member add 141003 --joined /srv/broker --list members-6.json --out members-7.json --name-ja 横浜市 --name-en Yokohama --category municipality:2026-04-01");
        target.AddTo(command);
        options.AddTo(command);
        command.SetAction((parsed, _) => Ending.Of(() => target.Write(
            parsed, (current, now, expires) => MembersDraft.Add(current, options.New(parsed, target.Agency(parsed)), now, expires))));
        return command;
    }

    private static Command Change()
    {
        var (options, target) = (new MemberOptions(isNew: false), new Target());
        var command = Commands.New(
            "change",
            "Draft the next list with something else about one member; what is not given stays.",
            "member change 141003 --list members-7.json --out members-8.json --epoch 2 --previous-epoch 1");
        target.AddTo(command);
        options.AddTo(command);
        command.SetAction((parsed, _) => Ending.Of(() => target.Write(
            parsed, (current, now, expires) => MembersDraft.Change(current, target.Agency(parsed), options.Change(parsed, current, target.Agency(parsed)), now, expires))));
        return command;
    }

    private static Command Rotate()
    {
        var target = new Target(withAgency: false);
        var agencies = new Argument<string[]>("agency") { Description = "Whose link codes change; none with --all.", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "Those of every member for whom the step is due." };
        var step = new Option<string>("--step") { Description = "announce, then switch, then drop: a signed list for each.", Required = true };
        step.AcceptOnlyFromAmong("announce", "switch", "drop");
        var epoch = new Option<int?>("--epoch") { Description = "announce: the next epoch, whose master 'infolink broker new-master' made." };
        var command = Commands.New(
            "rotate",
            "Draft the next list with one step of a change of link codes. The agencies convert by themselves while exchanges go on.",
            "member rotate 141003 --step announce --epoch 8 --list members-7.json --out members-8.json");
        command.Add(agencies);
        AuthorityCommands.Add(command, all, step, epoch);
        target.AddTo(command);
        command.SetAction((parsed, _) => Ending.Of(() => target.Write(parsed, (current, now, expires) =>
        {
            var named = parsed.GetValue(agencies) ?? [];
            if (named.Length > 0 == parsed.GetValue(all))
            {
                throw new FormatException("Say either which agencies, or --all.");
            }

            var which = parsed.GetValue(step) switch { "announce" => RotationStep.Announce, "switch" => RotationStep.Switch, _ => RotationStep.Drop };
            if ((which == RotationStep.Announce) != parsed.GetValue(epoch).HasValue)
            {
                throw new FormatException("Say --epoch with --step announce, and with no other step.");
            }

            return MembersDraft.Rotate(
                current, parsed.GetValue(all) ? null : [.. named.Select(Given.Agency)], which, parsed.GetValue(epoch) is { } next ? Given.Epoch(next) : null, now, expires);
        })));
        return command;
    }

    private static Command Remove()
    {
        var target = new Target();
        var command = Commands.New(
            "remove",
            "Draft the next list without one member. It takes hours until everybody has it: the broker's operator suspends at once.",
            "member remove 141003 --list members-7.json --out members-8.json");
        target.AddTo(command);
        command.SetAction((parsed, _) => Ending.Of(() => target.Write(parsed, (current, now, expires) => MembersDraft.Remove(current, target.Agency(parsed), now, expires))));
        return command;
    }

    private static Command Quorum()
    {
        var target = new Target(withAgency: false);
        var witnesses = new Argument<int>("witnesses") { Description = "How many; 0 for none, and then nobody would see a forked log." };
        var command = Commands.New(
            "quorum",
            "Draft the next list with another number of witnesses that must have cosigned the broker's log.",
            "member quorum 3 --list members-7.json --out members-8.json");
        command.Add(witnesses);
        target.AddTo(command);
        command.SetAction((parsed, _) => Ending.Of(() => target.Write(parsed, (current, now, expires) =>
        {
            var next = MembersDraft.WithQuorum(current, parsed.GetValue(witnesses), now, expires);
            if (next.Value.BentWitnessesWithstood == 0)
            {
                Console.WriteLine("Notice: with this quorum a broker and one colluding witness could show two histories until logs are compared; 3 of 4, or 4 of 5, withstand that.");
            }

            return next;
        })));
        return command;
    }

    private static Command BrokerKey()
    {
        var target = new Target(withAgency: false);
        var next = new Option<string?>("--next") { Description = "The broker's next identity key (public half, base64), as 'infolink broker next-key' prints it; the one of today becomes the retiring one." };
        var drop = new Option<bool>("--drop-retiring") { Description = "Certificates under the key of before are not accepted any more." };
        var command = Commands.New(
            "broker-key", "Draft the next list with another identity key of the broker's.", "member broker-key --next MFkw… --list members-7.json --out members-8.json");
        AuthorityCommands.Add(command, next, drop);
        target.AddTo(command);
        command.SetAction((parsed, _) => Ending.Of(() => target.Write(parsed, (current, now, expires) =>
            (parsed.GetValue(next), parsed.GetValue(drop)) switch
            {
                ({ } text, false) => MembersDraft.WithBrokerIdentity(current, Given.Key(text), now, expires),
                (null, true) => MembersDraft.WithBrokerIdentity(current, next: null, now, expires),
                _ => throw new FormatException("Say either --next KEY or --drop-retiring."),
            })));
        return command;
    }

    private static Command BrokerLogs()
    {
        var target = new Target(withAgency: false);
        var add = new Option<string?>("--add") { Description = "The verifier key of the log of one more broker, as 'infolink broker beside' prints it." };
        var remove = new Option<string?>("--remove") { Description = "The verifier key of a log that is written no more; what it holds can then be proved to nobody." };
        var command = Commands.New(
            "broker-logs", "Draft the next list with one more log of the broker's, or with one less.", "member broker-logs --add infolink.example/broker-2+… --list members-7.json --out members-8.json");
        AuthorityCommands.Add(command, add, remove);
        target.AddTo(command);
        command.SetAction((parsed, _) => Ending.Of(() => target.Write(parsed, (current, now, expires) =>
            (parsed.GetValue(add), parsed.GetValue(remove)) switch
            {
                ({ } log, null) => MembersDraft.WithBrokerLog(current, Given.Note(log, NoteKeyKind.Log), runs: true, now, expires),
                (null, { } log) => MembersDraft.WithBrokerLog(current, Given.Note(log, NoteKeyKind.Log), runs: false, now, expires),
                _ => throw new FormatException("Say either --add KEY or --remove KEY."),
            })));
        return command;
    }

    private static Command TokenKeys()
    {
        var target = new Target(withAgency: false);
        var add = new Option<string?>("--add") { Description = "kid=public key in base64, as 'infolink broker token-key' prints it." };
        var remove = new Option<string?>("--remove") { Description = "The kid of a key that signs no more." };
        var command = Commands.New(
            "token-keys", "Draft the next list with one more token key of the broker's, or with one less.", "member token-keys --add t2=MFkw… --list members-7.json --out members-8.json");
        AuthorityCommands.Add(command, add, remove);
        target.AddTo(command);
        command.SetAction((parsed, _) => Ending.Of(() => target.Write(parsed, (current, now, expires) =>
            (parsed.GetValue(add), parsed.GetValue(remove)) switch
            {
                ({ } text, null) when text.IndexOf('=', StringComparison.Ordinal) is > 0 and var at =>
                    MembersDraft.WithTokenKey(current, text[..at], Given.Key(text[(at + 1)..]), now, expires),
                (null, { } kid) => MembersDraft.WithTokenKey(current, kid, key: null, now, expires),
                _ => throw new FormatException("Say either --add kid=key or --remove kid."),
            })));
        return command;
    }

    private static Command Renew()
    {
        var target = new Target(withAgency: false);
        var command = Commands.New("renew", "Draft the same list once more, for another term, before it expires.", "member renew --list members-7.json --out members-8.json");
        target.AddTo(command);
        command.SetAction((parsed, _) => Ending.Of(() => target.Write(parsed, MembersDraft.Renew)));
        return command;
    }

    private static Command Build()
    {
        var file = new Argument<string>("file") { Description = "The member list as people write it (YAML)." };
        var to = new Option<string>("--out") { Description = "The draft to write.", Required = true };
        var previous = new Option<string?>("--previous") { Description = "The newest signed version; without it this becomes version 1." };
        var expires = new Option<string?>("--expires") { Description = "Its last day, at most 100 days from today; without it as late as may be." };
        var command = Commands.New("build", "Build a list from a whole file, for platforms that keep theirs in one.", "member build members.yaml --previous members-6.json --out members-7.json");
        AuthorityCommands.Add(command, file, to, previous, expires);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var before = parsed.GetValue(previous) is { } path ? DocumentSource.OpenEnvelope(path, DocumentKind.Members) : null;
            var name = parsed.GetValue(file)!;
            var draft = DocumentSource.Whole(MembersFile.Draft(name, File.ReadAllBytes(name), before?.Header, TimeProvider.System.GetUtcNow(), Given.Date(parsed.GetValue(expires))));
            if (before is not null && !string.Equals(before.Header!.Platform, Authoring.Documents.Members(draft).Header.Platform, StringComparison.Ordinal))
            {
                throw new RefusedException($"The previous version is of the platform {before.Header.Platform}, and the file is not.");
            }

            Target.Tell(parsed.GetValue(to)!, draft, before);
            return Ending.Well;
        }));
        return command;
    }

    private static Command List()
    {
        var file = new Argument<string>("list") { Description = "A member list: signed, a draft, or YAML." };
        var authority = new Option<string?>("--authority") { Description = "The authority's document: the list must be signed by it." };
        var json = Commands.Json();
        var command = Commands.New("list", "List the members.", "member list members-7.json --authority authority.json");
        AuthorityCommands.Add(command, file, authority, json);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var document = Open(parsed.GetValue(file)!, parsed.GetValue(authority));
            if (parsed.GetValue(json))
            {
                Console.WriteLine(document.Part("agencies") ?? "{}");
                return Ending.Well;
            }

            DocumentTelling.Head(document);
            foreach (var member in document.Members!.Members.OrderBy(member => member.Id.Value, StringComparer.Ordinal))
            {
                Console.WriteLine($"{member.Id}  {member.Name.Ja}  {member.Name.En}");
                Console.WriteLine($"    {string.Join(", ", member.Categories.Select(Term))}{(member.Flags.IsEmpty ? "" : $"; {string.Join(", ", member.Flags)}")}");
            }

            return Ending.Well;
        }));
        return command;
    }

    private static Command Show()
    {
        var agency = new Argument<string>("agency") { Description = "The member's id." };
        var file = new Option<string>("--list") { Description = "A member list: signed, a draft, or YAML.", Required = true };
        var authority = new Option<string?>("--authority") { Description = "The authority's document: the list must be signed by it." };
        var json = Commands.Json();
        var command = Commands.New("show", "Show one member with its keys.", "member show 141003 --list members-7.json");
        AuthorityCommands.Add(command, agency, file, authority, json);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var document = Open(parsed.GetValue(file)!, parsed.GetValue(authority));
            var member = Find(document.Members!, Given.Agency(parsed.GetValue(agency)!));
            if (parsed.GetValue(json))
            {
                Console.WriteLine(document.Part("agencies", member.Id.Value));
                return Ending.Well;
            }

            DocumentTelling.Line("member", member.Id.Value);
            DocumentTelling.Line("name", member.Name.Ja);
            DocumentTelling.Line("", member.Name.En);
            foreach (var term in member.Categories)
            {
                DocumentTelling.Line("category", Term(term));
            }

            DocumentTelling.Line("identity key", member.IdentityKey.ToString());
            DocumentTelling.Line("", Fingerprint.OfKey(member.IdentityKey).ToString());
            if (member.RetiringIdentityKey is { } retiring)
            {
                DocumentTelling.Line("retiring key", retiring.ToString());
                DocumentTelling.Line("", Fingerprint.OfKey(retiring).ToString());
            }

            DocumentTelling.Line("code epochs", $"{member.CodeEpochs.Current}{(member.CodeEpochs.Previous is { } previous ? $", and {previous} is still read" : "")}{(member.CodeEpochs.Next is { } next ? $"; {next} is announced" : "")}");
            if (!member.Absorbs.IsEmpty)
            {
                DocumentTelling.Line("absorbs", string.Join(", ", member.Absorbs));
            }

            foreach (var log in member.Logs)
            {
                DocumentTelling.Line("log", log.ToString());
            }

            DocumentTelling.Line("witness key", member.WitnessKey?.ToString() ?? "none: it is no witness");
            DocumentTelling.Line("flags", member.Flags.IsEmpty ? "none" : string.Join(", ", member.Flags));
            return Ending.Well;
        }));
        return command;
    }

    internal static Member Find(MemberList members, AgencyId id) => members.TryFind(id, out var member)
        ? member
        : throw new RefusedException($"{id} is no member of this list. See 'infolink member list'.");

    internal static DocumentFile Open(string path, string? authority)
    {
        var document = DocumentSource.Open(path, DocumentKind.Members);
        if (authority is not null)
        {
            DocumentSource.RequireSigned(document, DocumentSource.Authority(authority));
        }

        return document;
    }

    private static string Term(Contracts.Catalog.CategoryTerm term) => $"{term.Category} from {term.From:yyyy-MM-dd}{(term.Until is { } until ? $" until {until:yyyy-MM-dd}" : "")}";
}
