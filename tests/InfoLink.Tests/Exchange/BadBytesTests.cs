using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using InfoLink.Contracts.Identity;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Exchange;

/// <summary>Bytes on a member's connection that are no request: an end with a status, and nothing changed.</summary>
public sealed class BadBytesTests(SharedBroker shared) : IClassFixture<SharedBroker>
{
    private TestNetwork Network => shared.Network;

    [Fact]
    public async Task A_field_that_the_broker_does_not_know_changes_nothing()
    {
        using var client = new BareClient(Network.Broker.Endpoint, Certificate());
        byte[] message = [.. Ask().ToByteArray(), 0xFA, 0x06, 0x03, 1, 2, 3]; // Field 111, three bytes.
        Assert.Equal(("0", false), await client.PostMessageAsync("Authorize", message));
    }

    [Theory]
    [InlineData("truncated in a field", "13")]
    [InlineData("not protobuf", "13")]
    [InlineData("a group that never ends", "13")]
    [InlineData("wrong wire type", "13")]
    [InlineData("longer than the limit", "8")]
    [InlineData("claims to be longer than the limit", "8")]
    [InlineData("shorter than its frame says", "13")]
    [InlineData("half a frame header", "13")]
    [InlineData("compressed in no known way", "13")]
    [InlineData("two messages", "12")]
    public async Task Bytes_that_are_no_request_end_with_a_status_and_change_nothing(string how, string status)
    {
        using var client = new BareClient(Network.Broker.Endpoint, Certificate());
        var good = Ask().ToByteArray();
        var call = () => how switch
        {
            "truncated in a field" => client.PostMessageAsync("Authorize", good[..^10]),
            "not protobuf" => client.PostMessageAsync("Authorize", [0xFF, 0xFF, 0xFF, 0xFF]),
            "a group that never ends" => client.PostMessageAsync("Authorize", [0x0B, .. good]),
            "wrong wire type" => client.PostMessageAsync("Authorize", [0x32, 0x05, 1, 2]),
            "longer than the limit" => client.PostMessageAsync("Authorize", [0xFA, 0x06, 0x80, 0x80, 0x20, .. new byte[512 * 1024]]),
            "claims to be longer than the limit" => client.PostMessageAsync("Authorize", good, claimedLength: 512 * 1024 + 1),
            "shorter than its frame says" => client.PostMessageAsync("Authorize", good, claimedLength: good.Length + 1),
            "half a frame header" => client.PostAsync("Authorize", [0, 0, 0]),
            "compressed in no known way" => client.PostAsync("Authorize", [1, 0, 0, 0, 0]),
            _ => client.PostAsync("Authorize", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        };
        Assert.Empty(await Network.RecordedByAsync(async () => Assert.Equal((status, false), await call())));
        Assert.NotEmpty((await Network.Requester.AuthorizeAsync(Ask())).Token);
    }

    [Fact]
    public async Task A_method_that_the_broker_does_not_have_is_unimplemented()
    {
        using var client = new BareClient(Network.Broker.Endpoint, Certificate());
        Assert.Equal("12", (await client.PostMessageAsync("Convert", [])).Status);
    }

    private AuthorizeRequest Ask() => Network.Requester.Ask(Network.CodeOf(1));

    private X509Certificate2 Certificate()
    {
        using var identity = Network.Folder.IdentityOf(NetworkFolder.Requester);
        return identity.IssueLeaf(LeafPurpose.Tls, TimeProvider.System.GetUtcNow());
    }
}
