using System.Collections.Immutable;
using System.CommandLine;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Trust;
using InfoLink.Tool.Documents;
using InfoLink.Tool.Signing;

namespace InfoLink.Tool.Catalogs;

/// <summary>Puts one question to a catalog: the same function that broker and provider ask, without either.</summary>
internal static class TryCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "A catalog: signed, a draft, or YAML." };
        var members = new Option<string>("--members") { Description = "The member list, signed or YAML: says who holds which category when.", Required = true };
        var requester = new Option<string>("--requester") { Description = "Who asks.", Required = true };
        var provider = new Option<string>("--provider") { Description = "Who is asked.", Required = true };
        var entry = new Option<string>("--entry") { Description = "Under which entry.", Required = true };
        var role = new Option<string?>("--role") { Description = "Whose data; may be left out where the entry has one role." };
        var kinds = new Option<string[]>("--kind") { Description = "What is asked for; without it every kind of the entry. May be repeated." };
        var taxYear = new Option<int?>("--tax-year") { Description = "Condition: the tax year, 2026." };
        var asOf = new Option<string?>("--as-of") { Description = "Condition: the day whose state is asked for." };
        var from = new Option<string?>("--from") { Description = "Condition: first day of a period." };
        var until = new Option<string?>("--to") { Description = "Condition: last day of a period." };
        var claimedOn = new Option<string?>("--claimed-on") { Description = "The day of the claim; transitional rules look at it." };
        var subjects = new Option<int>("--subjects") { Description = "How many persons; more than one is a bulk inquiry.", DefaultValueFactory = _ => 1 };
        var date = new Option<string?>("--date") { Description = "The day of asking; without it today in Japan." };
        var json = Commands.Json();
        var command = Commands.New(
            "try",
            "Ask a catalog whether an exchange would be allowed, and why not.",
            "catalog try catalog.yaml --members members.json --requester 141003 --provider 131121 --entry 106.municipality.108-1-ro --role claimant --tax-year 2026");
        AuthorityCommands.Add(command, file, members, requester, provider, entry, role, kinds, taxYear, asOf, from, until, claimedOn, subjects, date, json);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var catalog = DocumentSource.Open(parsed.GetValue(file)!, DocumentKind.Catalog).Catalog!;
            var list = DocumentSource.Members(parsed.GetValue(members)!, authority: null);
            var claimed = Given.Date(parsed.GetValue(claimedOn));
            var id = EntryId.Parse(parsed.GetValue(entry)!);
            var known = catalog.Entries.GetValueOrDefault(id);
            var question = new CatalogQuestion
            {
                Requester = Party(list, parsed.GetValue(requester)!),
                Provider = Party(list, parsed.GetValue(provider)!),
                Entry = id,
                Role = Role(parsed.GetValue(role), known),
                Kinds = parsed.GetValue(kinds) is { Length: > 0 } named ? [.. named.Select(KindId.Parse)] : known?.Kinds ?? ImmutableArray<KindId>.Empty,
                Conditions = new InquiryConditions
                {
                    TaxYear = parsed.GetValue(taxYear),
                    AsOf = Given.Date(parsed.GetValue(asOf)),
                    Period = Period(Given.Date(parsed.GetValue(from)), Given.Date(parsed.GetValue(until))),
                    ClaimedOn = claimed,
                },
                Mode = CatalogQuestion.ModeFor(parsed.GetValue(subjects)),
                Date = Given.Date(parsed.GetValue(date)) ?? JapanTime.Today(TimeProvider.System),
                ClaimedOn = claimed,
            };
            return Tell(catalog, question, known, parsed.GetValue(json));
        }));
        return command;
    }

    private static int Tell(StatuteCatalog catalog, CatalogQuestion question, StatuteEntry? known, bool json)
    {
        switch (CatalogDecision.Decide(catalog, question))
        {
            case CatalogDecision.Denied denied:
                var refusal = denied.ToRefusal();
                var row = RefusalTable.Of(refusal.Name);
                if (json)
                {
                    DocumentTelling.Json(new { allowed = false, refusal = row.Text, denied.Detail, row.En, row.Ja, validity = known is null ? null : CatalogTelling.Validity(known.Validity) });
                    return Ending.Found;
                }

                DocumentTelling.Line("DENIED", $"{row.Text}{(denied.Detail.Length == 0 ? "" : $" ({denied.Detail})")}");
                DocumentTelling.Line("cause", row.Ja.Cause);
                DocumentTelling.Line("", row.En.Cause);
                DocumentTelling.Line("way out", row.Ja.WayOut);
                DocumentTelling.Line("", row.En.WayOut);
                if (known is not null)
                {
                    DocumentTelling.Line("entry", $"{known.Citation.Ja}, {CatalogTelling.Validity(known.Validity)}");
                }

                return Ending.Found;
            case CatalogDecision.Allowed { Entry: var entry } allowed:
                if (json)
                {
                    DocumentTelling.Json(new
                    {
                        allowed = true,
                        entry = entry.Id.Value,
                        entry.Citation,
                        kinds = allowed.Kinds.Select(kind => kind.Id.Value),
                        entry.Requirements,
                        entry.AnswerDeadlineDays,
                        validity = CatalogTelling.Validity(entry.Validity),
                    });
                    return Ending.Well;
                }

                DocumentTelling.Line("ALLOWED", $"{entry.Citation.Ja}");
                DocumentTelling.Line("", entry.Citation.En);
                DocumentTelling.Line("kinds", string.Join("、", allowed.Kinds.Select(kind => $"{kind.Name.Ja} ({kind.Id})")));
                DocumentTelling.Line("requires", CatalogTelling.Requirements(entry.Requirements));
                DocumentTelling.Line("valid", CatalogTelling.Validity(entry.Validity));
                return Ending.Well;
            default:
                throw new InvalidOperationException("A decision is allowed or denied.");
        }
    }

    private static CatalogParty Party(MemberList members, string id) => members.TryFind(Given.Agency(id), out var member)
        ? member.AsParty()
        : throw new RefusedException($"{RefusalTable.Of(V1.RefusalName.MemberUnknown).Text}: '{id}' is not in the member list. {RefusalTable.Of(V1.RefusalName.MemberUnknown).Ja.Cause}");

    private static SubjectRole Role(string? given, StatuteEntry? entry) => given is not null ? SubjectRole.Parse(given)
        : entry is null ? default
        : entry.Roles.Length == 1 ? entry.Roles[0].Role
        : throw new FormatException($"Say with --role whose data is asked for: {string.Join(", ", entry.Roles.Select(role => role.Role.Value))}.");

    private static InquiryPeriod? Period(DateOnly? from, DateOnly? until) => (from, until) switch
    {
        (null, null) => null,
        ({ } first, { } last) => InquiryPeriod.TryCreate(first, last, out var period) ? period : throw new FormatException("The period ends before it begins."),
        _ => throw new FormatException("A period has both --from and --to."),
    };
}
