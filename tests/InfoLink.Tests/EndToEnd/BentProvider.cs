using System.Net;
using System.Text.Json;
using Grpc.Core;
using InfoLink.Agent;
using InfoLink.Agent.AccessLog;
using InfoLink.Agent.Providing;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace InfoLink.Tests.EndToEnd;

/// <summary>
/// The provider's agent in other hands: its real identity, its real port, TLS as it should be, and answers as the test wants them. It
/// redeems nothing; it makes values up, seals them properly, and then does what it was told.
/// </summary>
internal sealed class BentProvider : PeerService.PeerServiceBase, IAsyncDisposable
{
    private readonly WebApplication _server;
    private int _calls;

    private BentProvider(NetworkFolder folder, ILoggerFactory loggers)
    {
        Identity = folder.IdentityOf(NetworkFolder.Provider);
        Certificates = new LeafCertificates(Identity, TimeProvider.System);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton(this);
        builder.Services.AddGrpc();
        builder.WebHost.UseKestrelHttpsConfiguration();
        var listen = IPEndPoint.Parse(folder.AgentOptions(NetworkFolder.Provider).Listen);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(listen, port => port.UseMutualTls(Certificates, _ => true, TimeProvider.System)));
        _server = builder.Build();
        _server.MapGrpcService<BentProvider>();
    }

    public IdentityKey Identity { get; }

    public LeafCertificates Certificates { get; }

    /// <summary>What is inside the seals; by default good values for the kinds of the token.</summary>
    public Func<TokenClaims, uint, byte[]> Payload { get; set; } = (claims, _) => AnswerMessages.Write(claims.Kinds.ToDictionary(kind => kind, _ => AgentNetwork.TaxOf(1)));

    /// <summary>What is done to the stream's parts before they leave.</summary>
    public Func<List<FetchReply>, SealedRequest, List<FetchReply>> Sending { get; set; } = (parts, _) => parts;

    /// <summary>What happens after the parts have left, e.g. a broken end.</summary>
    public Func<ServerCallContext, Task> Ending { get; set; } = _ => Task.CompletedTask;

    public int Calls => Volatile.Read(ref _calls);

    public static async Task<BentProvider> StartAsync(NetworkFolder folder, ILoggerFactory loggers)
    {
        var provider = new BentProvider(folder, loggers);
        await provider._server.StartAsync();
        return provider;
    }

    public override async Task Fetch(FetchRequest request, IServerStreamWriter<FetchReply> responseStream, ServerCallContext context)
    {
        Interlocked.Increment(ref _calls);
        Assert(ExchangeToken.TryParse(request.Token, out var token));
        Assert(TokenPayload.TryRead(System.Buffers.Text.Base64Url.DecodeFromChars(request.Token.Split('.')[1]), out var claims));
        var fetch = new Fetch(token!, request.Receipt, request.RecipientKey.ToByteArray(), Contracts.Catalog.InquiryConditions.None);
        var results = Enumerable.Range(0, claims!.Count)
            .Select(index => new SubjectResult((uint)index, default, SubjectOutcome.AnsweredOutcome, Payload(claims, (uint)index)))
            .ToArray();
        var answers = SubjectAnswers.Seal(results, claims, fetch, Certificates.Current, new ContentSeal(new byte[32]));
        List<FetchReply> parts = [new() { Header = answers.Header }, .. answers.Subjects.Select(subject => new FetchReply { Subject = subject })];
        foreach (var part in Sending(parts, new SealedRequest(claims, fetch)))
        {
            await responseStream.WriteAsync(part, context.CancellationToken);
        }

        await Ending(context);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Certificates.Dispose();
        Identity.Dispose();
    }

    private static void Assert(bool holds)
    {
        if (!holds)
        {
            throw new JsonException("The requester's token cannot be read.");
        }
    }
}

/// <summary>What the requester sent, read.</summary>
internal sealed record SealedRequest(TokenClaims Claims, Fetch Fetch);
