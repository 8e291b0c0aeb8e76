using System.Globalization;
using System.Text;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Transparency;
using Spectre.Console;

namespace InfoLink.Samples.Network;

/// <summary>Tells the walk so that a newcomer understands what happened, and what each party saw.</summary>
internal static class Telling
{
    public static void Opening(RunningNetwork network)
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Capabilities.Ansi = false;
            AnsiConsole.Profile.Width = 140;
        }

        AnsiConsole.Write(new Rule("[bold]InfoLink: one exchange between two agencies[/]").LeftJustified());
        AnsiConsole.MarkupLine(
            """
            A person lived in [bold]Setagaya[/] (131121) on 1 January 2026, moved to [bold]Yokohama[/] (141003) and claims the child allowance.
            To decide who receives it, Yokohama asks Setagaya for her municipal inhabitant-tax information of tax year 2026:
            row 106 and article 108(1)(ロ) of the Order, which name exactly who may ask whom, for what.

            """);
        AnsiConsole.MarkupLine($"  broker    {network.Broker.Endpoint}");
        AnsiConsole.MarkupLine($"  Yokohama  {network.Requester.Endpoint}");
        AnsiConsole.MarkupLine($"  Setagaya  {network.Provider.Endpoint}   [dim](mTLS on every port; data in {Markup.Escape(network.Folder.FullPath)})[/]");
        AnsiConsole.WriteLine();
    }

    public static void People(NumberedResult numbered, LinkedResult linked)
    {
        AnsiConsole.Write(new Rule("[bold]People, numbers and codes[/]").LeftJustified());
        AnsiConsole.MarkupLine(string.Create(
            CultureInfo.InvariantCulture,
            $"""
              {numbered.Residents} made-up residents stand on the registry. It had them numbered: {numbered.Numbered} have a number, {numbered.Twice} got a second one when it asked again,
              and it was told none of them. Then both agencies came by their link codes of the claimant, each from its own record of her:
                Yokohama writes  {Markup.Escape(linked.WrittenAtRequester)}
                Setagaya writes  {Markup.Escape(linked.WrittenAtProvider)}
              The registry found one and the same resident, and handed each agency a ticket that it could not read. The broker opened it once, without learning
              who she is, and gave Yokohama and Setagaya {(linked.CodesDiffer ? "different codes of her" : "[red]the same code[/]")}, on record at both ends.

            """));
    }

    public static void WrongLink(WrongLinkResult result)
    {
        AnsiConsole.Write(new Rule("[bold]A wrong link[/]").LeftJustified());
        AnsiConsole.MarkupLine(
            $"""
              At Yokohama a clerk took a code with somebody else's attributes. Code, token and conversion are all genuine. But the entry demands an identity check:
              both agencies' own birth date, sex and reading, as sealed tags of 8 bits. Setagaya answers [bold]{result.Refused}[/] and reads nothing; Yokohama's link is
              {(result.Quarantined ? "in quarantine until a human decides" : "[red]still in use[/]")}. For the claimant, who is linked rightly, the same entry is {(result.RightOneAnswered ? "answered" : "[red]not answered[/]")}.

            """);
    }

    public static void Exchange(ExchangeResult result)
    {
        AnsiConsole.Write(new Rule($"[bold]The exchange[/] {result.Id}").LeftJustified());
        foreach (var step in (string[])
            [
                "Yokohama's clerk asks her own agent about local person " + ExistingSystems.ClaimantAtYokohama + ". The agent looks up its own link code for her.",
                "It makes a fresh key for the answer and writes [bold]asked[/] in its own log, before anything leaves.",
                "It asks the broker: entry, provider, tax year, link code. The broker checks certificate, catalog and code,",
                "  turns the link code into the person's ID code in memory, writes [bold]approved[/], and issues a token for one use within 60 seconds.",
                "Yokohama's agent checks the record, proves that it talks to Setagaya, and sends the token [bold]directly[/].",
                "Setagaya's agent checks token, certificate, its own catalog and the record, and spends the token in its own ledger.",
                "It redeems the token: the broker writes [bold]redeemed[/] and gives Setagaya's own link code for the person.",
                "Setagaya reads its existing system, checks the layout, seals and signs the answer, writes [bold]answered[/], replies, and settles.",
                "Yokohama verifies, opens, checks the layout, writes [bold]received[/], and hands the values over:",
            ])
        {
            AnsiConsole.MarkupLine("  " + step);
        }

        var table = new Table().Border(TableBorder.Rounded).AddColumns("data item", "value");
        foreach (var (item, answer) in result.Items ?? new Dictionary<string, ItemAnswer>(StringComparer.Ordinal))
        {
            table.AddRow(item, answer is ItemAnswer.Value value ? Markup.Escape(value.Text) : $"[dim]absent: {((ItemAnswer.Absent)answer).Reason}[/]");
        }

        AnsiConsole.Write(table);
        AnsiConsole.MarkupLine(result.Answered
            ? $"  answered in {result.ElapsedMilliseconds:F0} ms [dim](the first one: every connection was new)[/]"
            : $"  [red]not answered: {result.Refusal}[/]");
        AnsiConsole.WriteLine();
    }

    public static void Records(IReadOnlyList<(string Party, IReadOnlyList<StoredEntry> Entries)> records)
    {
        AnsiConsole.Write(new Rule("[bold]What each party has on record, and what it never saw[/]").LeftJustified());
        var table = new Table().Border(TableBorder.Rounded).AddColumns("party", "event", "about", "the person, there", "never seen there");
        foreach (var (party, entries) in records)
        {
            foreach (var entry in entries)
            {
                table.AddRow(party, entry.Open.Event.ToString().ToLowerInvariant(), About(entry), Person(entry), Never(party));
            }
        }

        AnsiConsole.Write(table);
        AnsiConsole.MarkupLine("  Each record commits to 65 bytes that show nothing: entry = 0x01 ‖ SHA-256(salt ‖ open part) ‖ private root. E.g. the broker's approval:");
        var approved = records.Single(party => string.Equals(party.Party, "broker", StringComparison.Ordinal)).Entries[0];
        AnsiConsole.MarkupLine($"  [dim]{Convert.ToHexStringLower(AccessEntry.Make(approved.Salt, approved.OpenPartBytes, approved.PrivateRoot))}[/]");
        AnsiConsole.WriteLine();
    }

    public static void Refusals(IReadOnlyList<RefusalResult> refusals)
    {
        AnsiConsole.Write(new Rule("[bold]What must fail, fails by its name[/]").LeftJustified());
        var table = new Table().Border(TableBorder.Rounded).AddColumns("tried", "refused", "");
        foreach (var refusal in refusals)
        {
            table.AddRow(
                Markup.Escape(refusal.Case),
                Markup.Escape(refusal.Refused),
                refusal.AsItShould ? "[green]as it should[/]" : $"[red]expected {refusal.Expected}[/]");
        }

        AnsiConsole.Write(table);
    }

    public static void Reconciliation(ReviewResult review)
    {
        AnsiConsole.WriteLine();
        AnsiConsole.Write(new Rule("[bold]Three logs against one another[/]").LeftJustified());
        AnsiConsole.MarkupLine(
            $"  Each custodian exports a bundle: {string.Join(", ", review.Bundles.Select(bundle => $"{bundle.Custodian} {bundle.Records} records"))}. It holds no code, tag or value.");
        AnsiConsole.MarkupLine(review.Bundles.All(bundle => bundle.Sound)
            ? "  Every record, tile, signature and pin of them is what was signed. Joined by exchange, this is left to be said:"
            : "  [red]A bundle is not what was signed.[/]");
        var table = new Table().Border(TableBorder.Rounded).AddColumns("found", "times", "because", "");
        foreach (var difference in review.Differences)
        {
            table.AddRow(difference.Class, difference.Count.ToString(CultureInfo.InvariantCulture), Markup.Escape(difference.Because), difference.AsItShould
                ? "[green]as it should[/]"
                : $"[red]expected {difference.Expected}[/]");
        }

        AnsiConsole.Write(table);
    }

    public static void Tampering(TamperingResult tampering)
    {
        AnsiConsole.MarkupLine($"  Now one bit of the {tampering.Column} of record {tampering.Record} in a copy of {tampering.Custodian}'s database is changed. Verifying finds:");
        AnsiConsole.MarkupLine(tampering.AsItShould
            ? $"  [green]{Markup.Escape(tampering.Found)}[/]"
            : $"  [red]{Markup.Escape(tampering.Found)}[/], and that is not it");
        AnsiConsole.WriteLine();
    }

    private static string About(StoredEntry entry)
    {
        var about = new StringBuilder();
        about.Append(entry.Open.Entry).Append(' ').Append(entry.Open.Requester).Append('→').Append(entry.Open.Provider);
        if (entry.Particulars is { Use.Length: > 0 } particulars)
        {
            about.Append('\n').Append(particulars.Operator).Append(", ").Append(particulars.Use);
        }

        return Markup.Escape(about.ToString());
    }

    private static string Person(StoredEntry entry) => entry.Subjects switch
    {
        [{ OwnLinkCode: not null } subject, ..] => $"own link code, committed to as {Commitment(subject)}",
        [{ Tag: not null } subject, ..] => $"this year's keyed tag, committed to as {Commitment(subject)}",
        _ => "-",
    };

    private static string Never(string party) => party switch
    {
        "broker" => "name, number, tax data; link codes at rest",
        "Setagaya (provider)" => "Yokohama's code and local id, the operator",
        _ => "Setagaya's code and local id",
    };

    /// <summary>The code itself is never shown, made-up people or not.</summary>
    private static string Commitment(StoredSubject subject)
    {
        var leaf = subject.Leaf;
        Sha256Digest[] sides = subject.Tag is null ? [leaf.RequesterCode, leaf.ProviderCode] : [leaf.Tag];
        return sides.First(side => side != Sha256Digest.Zero).ToString()[..8] + "…";
    }
}
