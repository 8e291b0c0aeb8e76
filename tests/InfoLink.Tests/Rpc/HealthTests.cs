using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace InfoLink.Tests.Rpc;

public sealed class HealthTests
{
    private const string Service = "some.Service";

    [Fact]
    public async Task Check_tells_the_status_and_does_not_know_what_nobody_set()
    {
        await using var host = await StartAsync();
        var (health, client) = (Registry(host), new Health.HealthClient(host.Channel));
        health.SetStatus("", ServingStatus.Serving);
        health.SetStatus(Service, ServingStatus.NotServing);

        Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new HealthCheckRequest())).Status);
        Assert.Equal(ServingStatus.NotServing, (await client.CheckAsync(new HealthCheckRequest { Service = Service })).Status);
        Assert.Equal(
            StatusCode.NotFound,
            (await Assert.ThrowsAsync<RpcException>(() => client.CheckAsync(new HealthCheckRequest { Service = "other" }).ResponseAsync)).StatusCode);

        health.ClearAll();
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => client.CheckAsync(new HealthCheckRequest()).ResponseAsync)).StatusCode);
    }

    [Fact]
    public async Task Watch_tells_the_status_at_once_and_after_each_change()
    {
        await using var host = await StartAsync();
        var health = Registry(host);

        using var watch = new Health.HealthClient(host.Channel).Watch(new HealthCheckRequest { Service = Service });

        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(watch));
        health.SetStatus(Service, ServingStatus.Serving);
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        health.SetStatus("other", ServingStatus.NotServing);
        health.SetStatus(Service, ServingStatus.Serving);
        health.SetStatus(Service, ServingStatus.NotServing);
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        health.ClearStatus(Service);
        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(watch));
    }

    [Fact]
    public async Task A_watch_ends_when_the_server_stops_and_does_not_hold_it_up()
    {
        await using var host = await StartAsync();
        Registry(host).SetStatus(Service, ServingStatus.Serving);

        using var watch = new Health.HealthClient(host.Channel).Watch(new HealthCheckRequest { Service = Service });
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        host.Services.GetRequiredService<Microsoft.Extensions.Hosting.IHostApplicationLifetime>().StopApplication();

        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        Assert.Equal(
            StatusCode.Unavailable,
            (await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext().WaitAsync(RpcHost.Patience))).StatusCode);
    }

    [Fact]
    public async Task Watches_are_bounded_and_those_that_left_make_room()
    {
        await using var host = await StartAsync();
        var client = new Health.HealthClient(host.Channel);
        var watches = Enumerable.Range(0, HealthServiceImpl.MaxWatches).Select(i => client.Watch(new HealthCheckRequest { Service = $"{i}" })).ToList();
        await Task.WhenAll(watches.Select(NextAsync)).WaitAsync(RpcHost.Patience);

        using (var oneMore = client.Watch(new HealthCheckRequest()))
            Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(() => NextAsync(oneMore))).StatusCode);

        watches.ForEach(watch => watch.Dispose());
        using var patience = new CancellationTokenSource(RpcHost.Patience);
        while (true)
        {
            using var later = client.Watch(new HealthCheckRequest(), cancellationToken: patience.Token);
            try
            {
                Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(later));
                break;
            }
            catch (RpcException full) when (full.StatusCode == StatusCode.ResourceExhausted)
            {
                // The server has not yet heard of every leaving.
            }
        }
    }

    private static Task<RpcHost> StartAsync() => RpcHost.StartAsync(
        services: services => services.AddSingleton<HealthServiceImpl>(),
        map: app => app.MapGrpcService<HealthServiceImpl>());

    private static HealthServiceImpl Registry(RpcHost host) => host.Services.GetRequiredService<HealthServiceImpl>();

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch)
    {
        Assert.True(await watch.ResponseStream.MoveNext().WaitAsync(RpcHost.Patience));
        return watch.ResponseStream.Current.Status;
    }
}
