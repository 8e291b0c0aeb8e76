using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Exchange;

public sealed class AuthorizeTests
{
    [Fact]
    public async Task An_approved_request_leaves_a_token_and_its_record()
    {
        await using var network = await TestNetwork.StartAsync();
        var reply = await network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(1)));
        Assert.NotEmpty(reply.Token);
        Assert.Equal([AccessEvent.Approved], await network.EventsOfAsync(reply.ExchangeId));
    }
}
