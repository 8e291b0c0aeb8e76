using System.CommandLine;
using InfoLink.Authoring;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;
using InfoLink.Tool.Documents;
using InfoLink.Tool.Signing;

namespace InfoLink.Tool.Membership;

/// <summary>From which list to which: the arguments of every command that changes one.</summary>
internal sealed class Target(bool withAgency = true)
{
    private readonly Argument<string> _agency = new("agency") { Description = "The member's id: 1 to 32 characters of a-z, 0-9 and '-'; local governments by their six-digit code." };
    private readonly Option<string> _list = new("--list") { Description = "The newest list: signed, or a draft that is still to be signed (it keeps its version).", Required = true };
    private readonly Option<string> _to = new("--out") { Description = "The draft to write; may be the draft itself.", Required = true };
    private readonly Option<string?> _authority = new("--authority") { Description = "The authority's document: a signed list must be signed by it." };
    private readonly Option<string?> _expires = new("--expires") { Description = "Its last day, as 2026-12-31, at most 100 days from today; without it as late as may be." };

    public void AddTo(Command command)
    {
        if (withAgency)
        {
            command.Add(_agency);
        }

        AuthorityCommands.Add(command, _list, _to, _authority, _expires);
    }

    public AgencyId Agency(ParseResult parsed) => Given.Agency(parsed.GetValue(_agency)!);

    public int Write(ParseResult parsed, Func<Document<MemberList>, DateTimeOffset, DateOnly?, Document<MemberList>> change)
    {
        var file = DocumentSource.OpenEnvelope(parsed.GetValue(_list)!, DocumentKind.Members);
        if (parsed.GetValue(_authority) is { } authority && file.Form == DocumentForm.Signed)
        {
            DocumentSource.RequireSigned(file, DocumentSource.Authority(authority));
        }

        var current = new Document<MemberList>(file.Envelope!, file.Header!, file.Members!);
        Tell(parsed.GetValue(_to)!, change(current, TimeProvider.System.GetUtcNow(), Given.Date(parsed.GetValue(_expires))).Envelope, file);
        return Ending.Well;
    }

    /// <summary>Writes it, and says what it is and what to do with it. A signed document is never overwritten.</summary>
    public static void Tell(string path, SignedDocument draft, DocumentFile? before)
    {
        if (File.Exists(path) && DocumentSource.Open(path).Form != DocumentForm.Draft)
        {
            throw new RefusedException($"'{path}' exists and is no draft. Take another name.");
        }

        DocumentSource.Replace(path, draft.ToBytes());
        var built = DocumentFile.Of(path, draft);
        DocumentTelling.Head(built);
        if (before is not null)
        {
            DocumentTelling.Changes(DocumentDiff.Between(before, built));
        }

        Console.WriteLine($"To be signed: infolink authority sign {path} --key KEY.pem");
    }
}
