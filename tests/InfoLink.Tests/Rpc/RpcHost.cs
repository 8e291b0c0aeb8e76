using System.Collections.Concurrent;
using System.Net;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.Rpc;

/// <summary>A real Kestrel on loopback over HTTP/2, and a channel to it. An error nobody expected in its log fails the test at the end.</summary>
internal sealed class RpcHost : IAsyncDisposable
{
    /// <summary>How long any wait of a test may last before it is a failure. No test passes by waiting this long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly ErrorLog _errors;

    private RpcHost(WebApplication app, ErrorLog errors, Uri address)
    {
        _app = app;
        _errors = errors;
        Address = address;
        Channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { ServiceProvider = app.Services });
        Client = new TestService.TestServiceClient(Channel);
    }

    public Uri Address { get; }

    public GrpcChannel Channel { get; }

    public TestService.TestServiceClient Client { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>The errors the server logged so far. Reading them is expecting them.</summary>
    public IReadOnlyList<string> TakeErrors() => _errors.Take();

    /// <summary>Serves <paramref name="service"/>, or whatever <paramref name="map"/> maps.</summary>
    public static async Task<RpcHost> StartAsync(
        TestService.TestServiceBase? service = null,
        Action<GrpcServiceOptions>? grpc = null,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? map = null,
        Action<KestrelServerOptions>? kestrel = null)
    {
        var errors = new ErrorLog();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(errors).SetMinimumLevel(LogLevel.Debug);
        builder.WebHost.ConfigureKestrel(kestrel ?? (options => options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2)));
        builder.Services.AddGrpc(grpc ?? (_ => { }));
        builder.Services.AddSingleton<TestService.TestServiceBase>(service ?? new Scripted());
        builder.Services.AddSingleton(provider => (Scripted)provider.GetRequiredService<TestService.TestServiceBase>());
        services?.Invoke(builder.Services);
        var app = builder.Build();
        if (map is not null)
            map(app);
        else
            app.MapGrpcService<Scripted>();
        await app.StartAsync().WaitAsync(Patience);
        var bound = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new RpcHost(app, errors, bound.Contains("unix:", StringComparison.Ordinal) ? new Uri("http://localhost") : new Uri(bound));
    }

    /// <summary>Stops serving; calls that still run after <paramref name="patience"/> lose their connection.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        await _app.StopAsync(limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await StopAsync(TimeSpan.FromSeconds(5));
        await _app.DisposeAsync();
        if (_errors.Take() is [_, ..] errors)
        {
            Assert.Fail("Unexpected errors in the log:" + Environment.NewLine + string.Join(Environment.NewLine, errors));
        }
    }

    private sealed class ErrorLog : ILoggerProvider
    {
        private readonly ConcurrentQueue<string> _errors = new();

        public IReadOnlyList<string> Take()
        {
            var taken = new List<string>();
            while (_errors.TryDequeue(out var error))
                taken.Add(error);
            return taken;
        }

        public ILogger CreateLogger(string categoryName) => new CategoryLog(categoryName, _errors);

        public void Dispose()
        {
        }

        private sealed class CategoryLog(string category, ConcurrentQueue<string> errors) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                if (IsEnabled(logLevel))
                    errors.Enqueue($"{category}: {formatter(state, exception)} {exception}");
            }
        }
    }
}
