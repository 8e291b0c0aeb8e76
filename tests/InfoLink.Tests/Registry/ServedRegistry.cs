using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Net;
using Google.Protobuf;
using Grpc.Core;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting;
using InfoLink.Hosting.Limits;
using InfoLink.Samples.Network;
using InfoLink.Samples.Registry.Matching;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace InfoLink.Tests.Registry;

/// <summary>
/// The registry on a real port, a code authority on another, and four members: two flagged for matching, one not, one suspended. The code authority seals nothing; it remembers what it was asked.
/// </summary>
internal sealed class ServedRegistry : CodeAuthorityService.CodeAuthorityServiceBase, IAsyncDisposable
{
    public const string Flagged = "141003";
    public const string OtherFlagged = "141305";
    public const string Unflagged = "131121";
    public const string Suspended = "271004";
    private const string Platform = "infolink.example";
    private readonly Dictionary<string, IdentityKey> _identities = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LeafCertificates> _leaves = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<MakeTicketRequest> _asked = new();
    private readonly RegistryLimits _limits;
    private readonly Channels _channels;
    private readonly WebApplication _registry;
    private readonly WebApplication _authority;
    private readonly PeerCertificates _peers;
    private MemberList _members;

    private ServedRegistry(RegistryLimitOptions limits)
    {
        foreach (var id in new[] { "registry", "code-authority", Flagged, OtherFlagged, Unflagged, Suspended })
        {
            _identities[id] = IdentityKey.Create(SpiffeName.ForAgency(Platform, AgencyId.Parse(id)));
            _leaves[id] = new LeafCertificates(_identities[id], Clock);
        }

        _peers = new PeerCertificates(Clock);
        _members = ListOf(registry: null, authority: null);
        Audit = MatchAudit.Open(Sample.Path("registry-audit.db"));
        _limits = new RegistryLimits(limits, Clock);
        _channels = new Channels(Clock);
        var calls = new CodeAuthorityCalls(_channels, _leaves["registry"], () => _members, Clock);
        var edge = new RegistryEdge(Sample.Register, calls.MakeTicketAsync, Audit, _limits, CallerOf, Clock, Journal.Loggers.CreateLogger<RegistryEdge>());
        _registry = Port("registry", ServedEdge.Of(edge));
        _authority = Port("code-authority", ServedEdge.Of(this));
    }

    public SampleRegister Sample { get; } = SampleRegister.Of(200);

    public MovableClock Clock { get; } = new(TimeProvider.System);

    public Journal Journal { get; } = new();

    public MatchAudit Audit { get; }

    /// <summary>What the code authority was asked, in order.</summary>
    public IReadOnlyList<MakeTicketRequest> Asked => [.. _asked];

    /// <summary>What the code authority does with a ticket before it leaves.</summary>
    public Func<LinkTicketBody, LinkTicketBody> Making { get; set; } = body => body;

    public static async Task<ServedRegistry> StartAsync(RegistryLimitOptions? limits = null)
    {
        var served = new ServedRegistry(limits ?? new RegistryLimitOptions());
        await served._registry.StartAsync();
        await served._authority.StartAsync();
        served._members = served.ListOf(new Uri(served._registry.Urls.Single()), new Uri(served._authority.Urls.Single()));
        return served;
    }

    /// <summary>A member's call.</summary>
    public async Task<MatchReply> MatchAsync(string member, MatchRequest request)
    {
        var list = _members;
        list.TryFind(AgencyId.Parse("registry"), out var registry);
        var client = new RegistryService.RegistryServiceClient(_channels.ToMember(_leaves[member].Current, list, registry!));
        return await client.MatchAsync(request, new CallOptions(deadline: Clock.GetUtcNow().UtcDateTime + TestNetwork.Patience));
    }

    public Task<MatchReply> MatchAsync(MatchPurpose purpose, params IEnumerable<BasicAttributes> persons) => MatchAsync(Flagged, new MatchRequest { Purpose = purpose, Persons = { persons } });

    public Uri Address => new(_registry.Urls.Single());

    /// <summary>From now on nobody can reach the code authority.</summary>
    public Task StopAuthorityAsync() => _authority.StopAsync();

    /// <summary>From now on nobody has its flag.</summary>
    public void ForgetAuthority() => _members = ListOf(new Uri(_registry.Urls.Single()), authority: null);

    public override Task<MakeTicketReply> MakeTicket(MakeTicketRequest request, ServerCallContext context)
    {
        _asked.Enqueue(request);
        var body = Making(new LinkTicketBody { CodeAuthority = "code-authority", Agency = request.Agency, Count = (uint)request.ResidentRecordCodes.Count });
        return Task.FromResult(new MakeTicketReply { Ticket = new LinkTicket { Body = body.ToByteString() } });
    }

    public async ValueTask DisposeAsync()
    {
        _channels.Dispose();
        await _registry.DrainAsync();
        await _authority.DrainAsync();
        await _limits.DisposeAsync();
        Audit.Dispose();
        foreach (var leaf in _leaves.Values)
        {
            leaf.Dispose();
        }

        foreach (var identity in _identities.Values)
        {
            identity.Dispose();
        }

        Sample.Dispose();
        Journal.AssertNoUnexpectedError();
    }

    private WebApplication Port(string id, ServedEdge edge)
    {
        return MutualPort.Build(
            [edge],
            new IPEndPoint(IPAddress.Loopback, 0),
            _leaves[id],
            leaf => _peers.Decide(_members, leaf) is PeerDecision.Known,
            new PortLimits { MaxMessage = 4 * 1024 * 1024, Connections = 100, ConnectionsOfOneMember = 20 },
            Clock,
            Journal.Loggers);
    }

    private Member CallerOf(ServerCallContext context) => _peers.Decide(_members, context.GetHttpContext().Connection.ClientCertificate) switch
    {
        PeerDecision.Known known => known.Member,
        PeerDecision.Refused refused => throw refused.Refusal.ToRpcException(),
        _ => throw new InvalidOperationException("A peer is known or refused."),
    };

    private MemberList ListOf(Uri? registry, Uri? authority)
    {
        using var broker = IdentityKey.Create(SpiffeName.ForBroker(Platform));
        var identity = new BrokerIdentity { IdentityKey = broker.PublicKey, TokenKeys = FrozenDictionary<string, P256PublicKey>.Empty };
        return new MemberList(1, new byte[32], Platform, identity, _identities.Select(each => new Member
        {
            Id = AgencyId.Parse(each.Key),
            Name = new Bilingual(each.Key, each.Key),
            Categories = [],
            IdentityKey = each.Value.PublicKey,
            CodeEpochs = new CodeEpochs(1, Previous: null),
            Endpoint = each.Key switch { "registry" => registry, "code-authority" => authority, _ => null },
            Flags = each.Key switch
            {
                "registry" => [MemberFlags.Registry],
                "code-authority" when authority is not null => [MemberFlags.CodeAuthority],
                Flagged or OtherFlagged or Suspended => ["self-service", MemberFlags.DirectMatching],
                _ => ["direct-matching-not"],
            },
            Suspended = each.Key is Suspended,
        }));
    }
}
