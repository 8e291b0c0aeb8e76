using System.Buffers.Binary;
using System.Net.Sockets;
using InfoLink.Hosting.Limits;
using Xunit;

namespace InfoLink.Tests.Limits;

/// <summary>Clients that hold a port up: each meets its limit, and the others are served meanwhile and afterwards.</summary>
public sealed class PortLimitTests
{
    private const int RefusedStream = 7;

    private static PortLimits Limits => new() { MaxMessage = 64 * 1024, Connections = 100, ConnectionsOfOneMember = 20 };

    [Fact]
    public async Task Headers_that_do_not_come_to_an_end_end_the_connection()
    {
        await using var port = await BesetPort.StartAsync(Limits with { HeadersWithin = TimeSpan.FromSeconds(1) });
        await using var slow = await (await BareHttp2Client.ConnectAsync(port.Address, port.One)).SettleAsync();
        await slow.SendAsync(BareHttp2Client.Headers, flags: 0, stream: 1, BareHttp2Client.CallHeaders[..20]);

        await port.ServesAsync(port.Other);
        await port.ServesAsync(port.One);
        await slow.EndsAsync();
    }

    [Fact]
    public async Task A_body_that_does_not_come_ends_the_call()
    {
        await using var port = await BesetPort.StartAsync(Limits with { SlowBodyGrace = TimeSpan.FromSeconds(1.5) });
        await using var slow = await (await BareHttp2Client.ConnectAsync(port.Address, port.One)).SettleAsync();
        await slow.BeginCallAsync(stream: 1);
        await slow.SendAsync(BareHttp2Client.Data, flags: 0, stream: 1, [0, 0, 0, 1, 0]); // A message of 256 bytes, of which none comes.

        await port.ServesAsync(port.Other);
        // The call's end or the connection's; else the patience would run out.
        await slow.UntilAsync((type, _, _) => type is BareHttp2Client.Reset or BareHttp2Client.Headers or BareHttp2Client.GoAway);
    }

    [Fact]
    public async Task A_call_without_a_deadline_ends_at_the_ports_longest_time()
    {
        await using var port = await BesetPort.StartAsync(Limits with { LongestCall = TimeSpan.FromSeconds(1), SlowBodyGrace = TimeSpan.FromMinutes(5) });
        await using var slow = await (await BareHttp2Client.ConnectAsync(port.Address, port.One)).SettleAsync();
        await slow.BeginCallAsync(stream: 1);

        await port.ServesAsync(port.One);
        Assert.NotNull(await slow.UntilAsync((type, stream, _) => type == BareHttp2Client.Headers && stream == 1)); // An answer; the connection stays.
    }

    [Fact]
    public async Task More_calls_at_once_than_a_connection_may_have_are_refused_unprocessed()
    {
        await using var port = await BesetPort.StartAsync(Limits with { StreamsPerConnection = 3 });
        await using var many = await (await BareHttp2Client.ConnectAsync(port.Address, port.One)).SettleAsync();
        for (var stream = 1; stream <= 7; stream += 2)
        {
            await many.BeginCallAsync(stream);
        }

        var refused = await many.UntilAsync((type, stream, _) => type == BareHttp2Client.Reset && stream == 7);
        Assert.Equal(RefusedStream, BinaryPrimitives.ReadInt32BigEndian(refused));
        await port.ServesAsync(port.Other);
        await port.ServesAsync(port.One);
    }

    [Theory]
    [InlineData(1, 12_000)] // One field beyond what a field may be.
    [InlineData(6, 3_000)] // Fields that together are beyond.
    [InlineData(70, 10)] // Too many fields.
    public async Task Headers_beyond_the_limit_reach_no_service(int fields, int size)
    {
        await using var port = await BesetPort.StartAsync(Limits);
        await using var large = await (await BareHttp2Client.ConnectAsync(port.Address, port.One)).SettleAsync();
        byte[] block =
            [.. BareHttp2Client.CallHeaders, .. BareHttp2Client.Block([.. Enumerable.Range(0, fields).Select(i => ($"x-large-{i}", new string('a', size)))])];
        var frames = block.Chunk(16 * 1024).ToList();
        try
        {
            await large.SendAsync(BareHttp2Client.Headers, frames.Count == 1 ? BareHttp2Client.EndOfHeaders : (byte)0, stream: 1, frames[0]);
            for (var i = 1; i < frames.Count; i++)
            {
                await large.SendAsync(BareHttp2Client.Continuation, i == frames.Count - 1 ? BareHttp2Client.EndOfHeaders : (byte)0, stream: 1, frames[i]);
            }
        }
        catch (IOException)
        {
            // The connection ended before all of it was sent.
        }

        // A service would wait for the message, and nothing would come.
        await large.UntilAsync((type, stream, _) => type == BareHttp2Client.GoAway || (stream == 1 && type is BareHttp2Client.Reset or BareHttp2Client.Headers));
        await port.ServesAsync(port.Other);
    }

    [Fact]
    public async Task Idle_strangers_and_half_open_connections_make_room_the_oldest_first()
    {
        await using var port = await BesetPort.StartAsync(Limits with { UnknownConnections = 4 });
        using var member = port.ChannelOf(port.One);
        await BesetPort.ServesAsync(member);

        var halfOpen = new List<TcpClient>();
        for (var i = 0; i < 10; i++)
        {
            var silent = new TcpClient();
            await silent.ConnectAsync(port.Address.Host, port.Address.Port);
            halfOpen.Add(silent);
        }

        var strangers = new List<BareHttp2Client>();
        for (var i = 0; i < 10; i++)
        {
            strangers.Add(await BareHttp2Client.ConnectAsync(port.Address, certificate: null));
        }

        // Sixteen were too many. Who is a member gets in and stays in.
        foreach (var stranger in strangers.Take(6))
        {
            await stranger.EndsAsync();
        }

        Assert.Equal(0, await EndOfAsync(halfOpen[0]));
        await BesetPort.ServesAsync(member);
        await port.ServesAsync(port.Other);
        foreach (var stranger in strangers)
        {
            await stranger.DisposeAsync();
        }

        halfOpen.ForEach(silent => silent.Dispose());
    }

    [Fact]
    public async Task One_member_has_so_many_connections_and_the_others_theirs()
    {
        await using var port = await BesetPort.StartAsync(Limits with { ConnectionsOfOneMember = 3, UnknownConnections = 4 });
        var own = new List<BareHttp2Client>();
        for (var i = 0; i < 3; i++)
        {
            own.Add(await (await BareHttp2Client.ConnectAsync(port.Address, port.One)).SettleAsync());
        }

        for (var i = 0; i < 2; i++)
        {
            await using var oneMore = await BareHttp2Client.ConnectAsync(port.Address, port.One);
            await oneMore.EndsAsync();
        }

        Assert.Single(port.Journal.Lines, line => string.Equals(line.Event, "TooMany", StringComparison.Ordinal)); // Told once.

        // The others are served, and so is the member itself on those that it has.
        await port.ServesAsync(port.Other);
        await own[0].BeginCallAsync(stream: 1);
        await own[0].SendAsync(BareHttp2Client.Data, flags: 1, stream: 1, [0, 0, 0, 0, 0]);
        Assert.NotNull(await own[0].UntilAsync((type, stream, _) => type == BareHttp2Client.Headers && stream == 1));

        // A name under another key takes none of its places.
        var impostors = new List<BareHttp2Client>();
        foreach (var connection in own)
        {
            await connection.DisposeAsync();
            impostors.Add(await (await BareHttp2Client.ConnectAsync(port.Address, port.Impostor())).SettleAsync());
        }

        await UntilServedAsync(port);
        foreach (var impostor in impostors)
        {
            await impostor.DisposeAsync();
        }
    }

    /// <summary>The server notices the end of connections when it does; then there is room again.</summary>
    private static async Task UntilServedAsync(BesetPort port)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await port.ServesAsync(port.One);
                return;
            }
            catch (Grpc.Core.RpcException fault) when (fault.StatusCode == Grpc.Core.StatusCode.Unavailable && attempt < 300)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        }
    }

    private static async Task<int> EndOfAsync(TcpClient silent)
    {
        try
        {
            return await silent.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(Fixtures.TestNetwork.Patience);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
