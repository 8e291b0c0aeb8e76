using System.Security.Cryptography;
using InfoLink.Codes;
using InfoLink.Codes.Tickets;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Linking;

/// <summary>A ticket is for one agency, once, and not for long.</summary>
public sealed class TicketTests
{
    private static readonly AgencyId Yokohama = AgencyId.Parse(NetworkFolder.Requester);

    [Fact]
    public async Task A_ticket_is_spent_by_the_first_attempt_which_may_ask_again_and_no_other()
    {
        await using var world = await LinkingWorld.StartAsync();
        var ticket = await world.Registry.TicketAsync(Yokohama, [LinkingWorld.Record(1), LinkingWorld.Record(2)]);
        var attempt = RandomNumberGenerator.GetBytes(16);
        var first = await world.GiveAsync(world.Network.Requester, ticket, attempt);
        var again = await world.GiveAsync(world.Network.Requester, ticket, attempt);
        Assert.Equal([0u, 1u], first.Codes.Select(code => code.Index));
        Assert.Equal(first, again);
        await RefusedAsync("TICKET-SPENT", world, ticket);
        await AgentNetwork.OneAsync(world.Network.Records, AccessEvent.Linked);
    }

    [Fact]
    public async Task Of_a_hundred_attempts_side_by_side_one_gets_the_codes()
    {
        await using var world = await LinkingWorld.StartAsync();
        var ticket = await world.Registry.TicketAsync(Yokohama, [LinkingWorld.Record(1)]);
        var results = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => HandMadeClient.RefusalOfAsync(() => world.GiveAsync(world.Network.Requester, ticket))));
        Assert.Single(results, result => result.StartsWith('('));
        Assert.Equal(99, results.Count(result => result.StartsWith("TICKET-SPENT", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Another_agency_cannot_bring_it()
    {
        await using var world = await LinkingWorld.StartAsync();
        var ticket = await world.Registry.TicketAsync(Yokohama, [LinkingWorld.Record(1)]);
        Assert.StartsWith(
            "TICKET-NOT-FOR-CALLER", await HandMadeClient.RefusalOfAsync(() => world.GiveAsync(world.Network.Bystander, ticket)), StringComparison.Ordinal);
        Assert.NotEmpty((await world.GiveAsync(world.Network.Requester, ticket)).Codes); // It was not spent by it.
    }

    [Fact]
    public async Task A_late_ticket_is_refused()
    {
        await using var world = await LinkingWorld.StartAsync();
        var ticket = await world.Registry.TicketAsync(Yokohama, [LinkingWorld.Record(1)]);
        world.Network.Clock.Ahead = LinkTickets.Lifetime + LinkTickets.Skew + TimeSpan.FromSeconds(1);
        await RefusedAsync("TICKET-EXPIRED", world, ticket);
    }

    [Fact]
    public async Task Whatever_of_it_is_changed_it_is_none()
    {
        await using var world = await LinkingWorld.StartAsync();
        var ticket = await world.Registry.TicketAsync(Yokohama, [LinkingWorld.Record(1)]);
        foreach (var bend in Bent())
        {
            var bent = ticket.Clone();
            bend(bent);
            await RefusedAsync("TICKET-INVALID", world, bent);
        }

        Assert.NotEmpty((await world.GiveAsync(world.Network.Requester, ticket)).Codes);

        static IEnumerable<Action<LinkTicket>> Bent() =>
        [
            ticket => ticket.Body = Body(ticket, body => body.Agency = NetworkFolder.Requester + "x"),
            ticket => ticket.Body = Body(ticket, body => body.ExpiresMs += 60),
            ticket => ticket.Body = Body(ticket, body => body.CodeAuthority = NetworkFolder.Registry),
            ticket => ticket.Body = Body(ticket, body => body.TicketId = RandomNumberGenerator.GetBytes(16).ToByteString()),
            ticket => ticket.Signature = new byte[64].ToByteString(),
            ticket => ticket.Signature = Google.Protobuf.ByteString.Empty,
            ticket => ticket.SigningCertificate = Google.Protobuf.ByteString.Empty,
            ticket => ticket.Body = Google.Protobuf.ByteString.Empty,
            ticket => ticket.Body = new byte[] { 0xFF, 0x01 }.ToByteString(),
        ];

        static Google.Protobuf.ByteString Body(LinkTicket ticket, Action<LinkTicketBody> change)
        {
            var body = LinkTicketBody.Parser.ParseFrom(ticket.Body);
            change(body);
            return Google.Protobuf.ByteString.CopyFrom(Google.Protobuf.MessageExtensions.ToByteArray(body));
        }
    }

    [Fact]
    public async Task A_ticket_that_an_agency_signed_itself_is_none()
    {
        await using var world = await LinkingWorld.StartAsync();
        using var identity = world.Network.Folder.IdentityOf(NetworkFolder.Requester);
        using var leaf = identity.IssueLeaf(Contracts.Identity.LeafPurpose.Signing, TimeProvider.System.GetUtcNow());
        var key = await world.BrokerKeyAsync();
        IdCode[] anybody = [IdCode.Create(IdCodeKind.Test, 1, 0)];
        var forged = LinkTickets.Make(AgencyId.Parse(NetworkFolder.CodeAuthority), Yokohama, anybody, key, leaf, TimeProvider.System.GetUtcNow());
        await RefusedAsync("TICKET-INVALID", world, forged);
        var asItself = LinkTickets.Make(Yokohama, Yokohama, anybody, key, leaf, TimeProvider.System.GetUtcNow());
        await RefusedAsync("TICKET-INVALID", world, asItself);
    }

    [Fact]
    public async Task A_broker_that_keeps_tokens_in_memory_takes_no_ticket_from_before_its_start()
    {
        await using var world = await LinkingWorld.StartWithoutAgentsAsync();
        var ticket = await world.Registry.TicketAsync(Yokohama, [LinkingWorld.Record(1)]);
        await world.GiveAsync(world.Network.Requester, ticket);
        await world.Network.StopBrokerAsync();
        await world.Network.StartBrokerAsync();
        await RefusedAsync("TICKET-EXPIRED", world, ticket);
        Assert.NotEmpty((await world.GiveAsync(world.Network.Requester, await world.Registry.TicketAsync(Yokohama, [LinkingWorld.Record(1)]))).Codes);
    }

    [Fact]
    public async Task The_code_authority_serves_the_registry_alone_and_only_for_agencies_that_may_match()
    {
        await using var world = await LinkingWorld.StartAsync();
        Assert.StartsWith("MEMBER-NOT-ENTITLED", await HandMadeClient.RefusalOfAsync(() => LinkingWorld.MakeTicketAsync(world.Yokohama, LinkingWorld.Record(1))), StringComparison.Ordinal);
        Assert.StartsWith("MEMBER-NOT-ENTITLED", await HandMadeClient.RefusalOfAsync(() => world.Registry.TicketAsync(AgencyId.Parse(NetworkFolder.Registry), [LinkingWorld.Record(1)])), StringComparison.Ordinal);
        Assert.StartsWith("MEMBER-UNKNOWN", await HandMadeClient.RefusalOfAsync(() => world.Registry.TicketAsync(AgencyId.Parse("nobody"), [LinkingWorld.Record(1)])), StringComparison.Ordinal);
        Assert.StartsWith("SUBJECT-COUNT", await HandMadeClient.RefusalOfAsync(() => world.Registry.TicketAsync(Yokohama, [])), StringComparison.Ordinal);
        Assert.StartsWith("SUBJECT-REPEATED", await HandMadeClient.RefusalOfAsync(() => world.Registry.TicketAsync(Yokohama, [LinkingWorld.Record(1), LinkingWorld.Record(1)])), StringComparison.Ordinal);
    }

    private static async Task RefusedAsync(string name, LinkingWorld world, LinkTicket ticket) =>
        Assert.StartsWith(name, await HandMadeClient.RefusalOfAsync(() => world.GiveAsync(world.Network.Requester, ticket)), StringComparison.Ordinal);
}
