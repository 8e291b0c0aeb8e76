using Grpc.Core;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Members;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Numbering.Corporations;

/// <summary><c>infolink.v1.CorporateNumberService</c> on the wire: what is public, for every member.</summary>
internal sealed class CorporateEdge(CorporateRegister register, MemberHost member) : CorporateNumberService.CorporateNumberServiceBase
{
    private const int LongestText = 150;
    private const int MostOnPage = 100;

    public override Task<CorporateSearchReply> Search(CorporateSearchRequest request, ServerCallContext context) => Faults.NamedAsync(async () =>
    {
        member.CallerOf(context);
        CorporateNumber? after = null;
        if (request.Text.Length is < 1 or > LongestText || request.AtMost is < 1 or > MostOnPage
            || (request.After.Length > 0 && !CorporateNumber.TryParse(request.After, out after)))
        {
            throw new RefusedException(new Refusal(RefusalName.RequestMalformed, "text, at_most or after"));
        }

        if (IndividualNumber.IsWrittenIn(request.Text))
        {
            throw new RefusedException(new Refusal(RefusalName.NumberAsKey, "text"));
        }

        var found = await register.SearchAsync(request.Text, request.Anywhere, after, (int)request.AtMost, context.CancellationToken);
        return new CorporateSearchReply { Corporations = { found.Select(Write) } };
    });

    public override Task<CorporateGetReply> Get(CorporateGetRequest request, ServerCallContext context) => Faults.NamedAsync(async () =>
    {
        member.CallerOf(context);
        if (!CorporateNumber.TryParse(request.Number, out var number))
        {
            throw new RefusedException(new Refusal(RefusalName.RequestMalformed, "number"));
        }

        return await register.FindAsync(number, context.CancellationToken) is { } found
            ? new CorporateGetReply { Corporation = Write(found), Former = { (await register.FormerAsync(number, context.CancellationToken)).Select(Write) } }
            : new CorporateGetReply();
    });

    private static V1.Corporation Write(Corporation corporation) => new()
    {
        Number = corporation.Number.ToString(),
        Name = corporation.Name,
        Kana = corporation.Kana,
        Address = corporation.Address,
        SinceMs = corporation.Since.ToUnixTimeMilliseconds(),
    };
}
