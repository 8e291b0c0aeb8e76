using System.Security.Cryptography;
using Grpc.Core;
using Grpc.Net.Client;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Sealing;
using InfoLink.V1;

namespace InfoLink.Samples.Network;

/// <summary>
/// A member's client without the agent's manners: it sends what it is told, so that the network can be asked what it must refuse.
/// It shows, too, how little an agent in another language needs: the protos, a key, and mTLS.
/// </summary>
public sealed class HandMadeClient : IDisposable
{
    private readonly IdentityKey _identity;
    private readonly LeafCertificates _certificates;
    private readonly LeafGeneration _own;
    private readonly MemberList _members;
    private readonly TimeProvider _time;
    private readonly GrpcChannel _broker;

    public HandMadeClient(NetworkFolder folder, string agency, TimeProvider time)
        : this(agency, folder.IdentityOf(agency), folder.Members(), time)
    {
    }

    /// <summary>The same anywhere: a member's identity key, which this client disposes of, and who is who.</summary>
    public HandMadeClient(string agency, IdentityKey identity, MemberList members, TimeProvider time)
    {
        Agency = agency;
        _identity = identity;
        _certificates = new LeafCertificates(_identity, time);
        _own = _certificates.Current;
        _members = members;
        _time = time;
        _broker = Channel(_members.BrokerName, _members.Broker.Endpoint!, _members.Broker.IdentityKeys);
    }

    /// <summary>Whose client it is.</summary>
    public string Agency { get; }

    /// <summary>The member's fresh key; what is sealed to it only this client opens.</summary>
    public RecipientKey Recipient { get; } = RecipientKey.Create();

    public ExchangeService.ExchangeServiceClient Broker => new(_broker);

    /// <summary>The story's request, ready to be bent.</summary>
    public AuthorizeRequest Ask(params IEnumerable<LinkCode> codes)
    {
        var request = new AuthorizeRequest
        {
            Entry = Walk.Entry,
            Role = Walk.Role,
            Provider = NetworkFolder.Provider,
            Kinds = { Walk.Kind },
            Conditions = new() { TaxYear = Walk.TaxYear },
            RequestCommitment = RandomNumberGenerator.GetBytes(32).ToByteString(),
            Rek = Recipient.Thumbprint.ToArray().ToByteString(),
        };
        foreach (var code in codes)
        {
            var bytes = new byte[LinkCode.ByteLength];
            code.CopyTo(bytes);
            request.LinkCodes.Add(bytes.ToByteString());
        }

        return request;
    }

    /// <summary>Brings a ticket.</summary>
    public async Task<GiveReply> GiveAsync(GiveRequest request) => await new LinkCodeService.LinkCodeServiceClient(_broker).GiveAsync(request, Limit());

    /// <summary>Has persons numbered, as only the registry may.</summary>
    public Task<AssignReply> AssignAsync(AssignRequest request) =>
        AtAsync(NetworkFolder.Numbering, async channel => await new NumberingService.NumberingServiceClient(channel).AssignAsync(request, Limit()));

    /// <summary>Asks for a new number for a person, as only the registry may.</summary>
    public Task<ChangeReply> ChangeAsync(ChangeRequest request) =>
        AtAsync(NetworkFolder.Numbering, async channel => await new NumberingService.NumberingServiceClient(channel).ChangeAsync(request, Limit()));

    /// <summary>Reads notices, as only those may who tell people their numbers.</summary>
    public Task<NotificationsReply> NotificationsAsync(NotificationsRequest request) =>
        AtAsync(NetworkFolder.Numbering, async channel => await new NumberingService.NumberingServiceClient(channel).NotificationsAsync(request, Limit()));

    /// <summary>Has persons compared by the registry.</summary>
    public Task<MatchReply> MatchAsync(MatchRequest request) =>
        AtAsync(NetworkFolder.Registry, async channel => await new RegistryService.RegistryServiceClient(channel).MatchAsync(request, Limit()));

    /// <summary>Has a ticket made, as only the registry may.</summary>
    public Task<MakeTicketReply> MakeTicketAsync(MakeTicketRequest request) =>
        AtAsync(NetworkFolder.CodeAuthority, async channel => await new CodeAuthorityService.CodeAuthorityServiceClient(channel).MakeTicketAsync(request, Limit()));

    /// <summary>Has codes converted: the member's own, or those of an agency that it absorbs.</summary>
    public async Task<RenewReply> RenewAsync(IEnumerable<LinkCode> codes, string from = "")
    {
        var request = new RenewRequest { FromAgency = from };
        foreach (var code in codes)
        {
            var bytes = new byte[LinkCode.ByteLength];
            code.CopyTo(bytes);
            request.LinkCodes.Add(bytes.ToByteString());
        }

        return await new LinkCodeService.LinkCodeServiceClient(_broker).RenewAsync(request, Limit());
    }

    /// <summary>Acts at the code register, as only the code authority may.</summary>
    public async Task<PutStandingReply> PutAsync(PutStandingRequest request) => await new CodeRegisterService.CodeRegisterServiceClient(_broker).PutAsync(request, Limit());

    public async Task<AuthorizeReply> AuthorizeAsync(AuthorizeRequest request) => await Broker.AuthorizeAsync(request, Limit());

    /// <summary>What a fetch with this approval sends.</summary>
    public FetchRequest Fetch(AuthorizeReply approval, uint taxYear = Walk.TaxYear) => new()
    {
        Token = approval.Token,
        Receipt = approval.Receipt,
        RecipientKey = Recipient.PublicKey.ToArray().ToByteString(),
        Conditions = new() { TaxYear = taxYear },
    };

    /// <summary>Fetches from a member and reads the stream to its end.</summary>
    public Task<IReadOnlyList<FetchReply>> FetchAsync(string provider, FetchRequest request) => FetchAsync(provider, request, at: null);

    /// <summary>The same at another place of the member's than the directory has.</summary>
    public async Task<IReadOnlyList<FetchReply>> FetchAsync(string provider, FetchRequest request, Uri? at)
    {
        _members.TryFind(AgencyId.Parse(provider), out var member);
        using var channel = Channel(_members.NameOf(member!), at ?? member!.Endpoint!, member!.IdentityKeys);
        using var call = new PeerService.PeerServiceClient(channel).Fetch(request, Limit());
        var parts = new List<FetchReply>();
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            parts.Add(call.ResponseStream.Current);
        }

        return parts;
    }

    /// <summary>Tells a member of a wrong link or a corrected record.</summary>
    public async Task<CorrectionAcknowledgement> NotifyAsync(string agency, CorrectionNotice notice)
    {
        _members.TryFind(AgencyId.Parse(agency), out var member);
        using var channel = Channel(_members.NameOf(member!), member!.Endpoint!, member.IdentityKeys);
        return await new CorrectionService.CorrectionServiceClient(channel).NotifyAsync(notice, Limit());
    }

    /// <summary>The refusal's name that a call ends with; "(accepted)" where it does not end so.</summary>
    public static async Task<string> RefusalOfAsync(Func<Task> call)
    {
        try
        {
            await call();
            return "(accepted)";
        }
        catch (RpcException fault)
        {
            return RefusalWire.TryRead(fault)?.Text ?? fault.StatusCode.ToString();
        }
        catch (RefusedException refused)
        {
            return refused.Refusal.Text;
        }
    }

    public void Dispose()
    {
        _broker.Dispose();
        Recipient.Dispose();
        _certificates.Dispose();
        _identity.Dispose();
    }

    private async Task<T> AtAsync<T>(string member, Func<GrpcChannel, Task<T>> call)
    {
        _members.TryFind(AgencyId.Parse(member), out var found);
        using var channel = Channel(_members.NameOf(found!), found!.Endpoint!, found.IdentityKeys);
        return await call(channel);
    }

    private CallOptions Limit() => new(deadline: _time.GetUtcNow().UtcDateTime.AddSeconds(30));

    private GrpcChannel Channel(SpiffeName name, Uri endpoint, IdentityKeys identity) => GrpcChannel.ForAddress(endpoint, new GrpcChannelOptions
    {
        HttpHandler = MutualTls.ClientHandler(_own, name, identity, _time),
        DisposeHttpClient = true,
    });
}
