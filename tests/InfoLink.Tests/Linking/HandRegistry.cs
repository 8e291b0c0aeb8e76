using Grpc.Core;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting;
using InfoLink.Hosting.Members;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;

namespace InfoLink.Tests.Linking;

/// <summary>A registry that knows residents by their names, on the real wire, with tickets of the real code authority; and what a test bends of it.</summary>
internal sealed class HandRegistry : RegistryService.RegistryServiceBase, IAsyncDisposable
{
    private readonly MemberHost _member;
    private int _matches;

    private HandRegistry(MemberHost member) => _member = member;

    /// <summary>Who is meant by a name; two of them: ambiguous.</summary>
    public Dictionary<string, ResidentRecordCode[]> Residents { get; } = new(StringComparer.Ordinal);

    /// <summary>Names that are former ones, with the present name: a link is not made by them.</summary>
    public Dictionary<string, string> Former { get; } = new(StringComparer.Ordinal);

    /// <summary>How often it was asked.</summary>
    public int Matches => Volatile.Read(ref _matches);

    /// <summary>Before each answer: may throw, or wait.</summary>
    public Func<int, Task> Answering { get; set; } = _ => Task.CompletedTask;

    /// <summary>What leaves instead of the ticket.</summary>
    public Func<LinkTicket, LinkTicket> Bending { get; set; } = ticket => ticket;

    public static async Task<HandRegistry> StartAsync(TestNetwork network)
    {
        var registry = new HandRegistry(MemberHost.Open(network.Folder.RegistryOptions(), MemberFlags.Registry, network.Clock, network.Journal.Loggers));
        await registry._member.ServeAsync([ServedEdge.Of(registry)], 4 * 1024 * 1024);
        return registry;
    }

    public ResidentRecordCode Add(string name, ulong tenDigits)
    {
        var code = ResidentRecordCode.FromBase(tenDigits);
        Residents[name] = [code];
        return code;
    }

    public override async Task<MatchReply> Match(MatchRequest request, ServerCallContext context)
    {
        var caller = _member.CallerOf(context);
        await Answering(Interlocked.Increment(ref _matches));
        var reply = new MatchReply();
        var codes = new List<ResidentRecordCode>();
        var links = request.Purpose == MatchPurpose.LinkPurpose;
        var repeated = request.Persons.SelectMany(person => Residents.GetValueOrDefault(person.Name) is [var one] ? [one] : (ResidentRecordCode[])[])
            .GroupBy(code => code).Where(same => same.Count() > 1).Select(same => same.Key).ToHashSet();
        foreach (var person in request.Persons)
        {
            var former = Former.TryGetValue(person.Name, out var present);
            var found = links && former ? [] : Residents.GetValueOrDefault(present ?? person.Name) ?? [];
            var same = links && found is [var only] && repeated.Contains(only);
            codes.AddRange(found.Length == 1 && !same ? found : []);
            reply.Persons.Add((same ? 0 : found.Length) switch
            {
                0 => new PersonMatch { Verdict = MatchVerdict.NotFound, Reasons = { same ? "same-person-as-another" : former ? "former-attributes" : "name-differs" } },
                1 => new PersonMatch
                {
                    Verdict = MatchVerdict.Matched,
                    Standing = former ? PersonStanding.MovedOn : PersonStanding.Resident,
                    Current = links ? null : new BasicAttributes { Name = present ?? person.Name },
                },
                _ => new PersonMatch { Verdict = MatchVerdict.Ambiguous, Candidates = (uint)found.Length },
            });
        }

        if (links && codes.Count > 0)
        {
            reply.Ticket = Bending(await TicketAsync(caller.Id, codes));
        }

        return reply;
    }

    /// <summary>A ticket of the code authority, over its own wire.</summary>
    public async Task<LinkTicket> TicketAsync(AgencyId agency, IEnumerable<ResidentRecordCode> codes)
    {
        var members = _member.Trust.Members;
        var authority = members.Members.Single(member => member.Has(MemberFlags.CodeAuthority));
        var client = new CodeAuthorityService.CodeAuthorityServiceClient(_member.Channels.ToMember(_member.Certificates.Current, members, authority));
        var request = new MakeTicketRequest { Agency = agency.Value };
        request.ResidentRecordCodes.Add(codes.Select(code => code.Reveal()));
        try
        {
            return (await client.MakeTicketAsync(request)).Ticket;
        }
        catch (RpcException fault) when (RefusalWire.TryRead(fault) is { } refusal)
        {
            throw refusal.ToRpcException(); // As any member would pass it on.
        }
    }

    public ValueTask DisposeAsync() => _member.DisposeAsync();
}
