using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using InfoLink.Agent.Providing;
using InfoLink.Broker.Exchange;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Trust;
using InfoLink.Hosting.Witnessing;
using InfoLink.Rpc.Server;
using InfoLink.Rpc.Wire;
using InfoLink.V1;
using Microsoft.AspNetCore.Http;

namespace InfoLink.Tests.Fuzzing;

/// <summary>gRPC itself, and every message as its edge reads it.</summary>
internal static class WireTargets
{
    public static IEnumerable<FuzzTarget> Of(RealExchanges real)
    {
        var stream = (byte[])[.. real.Answered.SelectMany(reply => ProtoEdits.Frame(reply.ToByteArray()))];
        yield return new FuzzTarget("rpc-frames", Form.Frames, [stream, ProtoEdits.Frame([])],
            bytes => Readers.Frames<FetchReply>(bytes).Count > 0, typeof(RpcException))
        { Weight = 2 };
        yield return new FuzzTarget("rpc-response", Form.Text, [.. Responses(real)], Response, typeof(RpcException)) { Weight = 2 };
        yield return new FuzzTarget("rpc-request-head", Form.Text, [.. Heads], RequestHeaders, typeof(RpcException));
        yield return new FuzzTarget("rpc-refusal", Form.Proto, [new Contracts.Refusals.Refusal(RefusalName.TokenExpired, "a detail", TimeSpan.FromSeconds(2)).ToMessage().ToByteArray()], Refusal);
        yield return new FuzzTarget("authorize-request", Form.Proto, [real.Asked.ToByteArray()], Readers.Message<AuthorizeRequest>(message => Readers.Done(ExchangeMessages.Read(message))));
        yield return new FuzzTarget("redeem-request", Form.Proto, [real.Redeem.ToByteArray()], Readers.Message<RedeemRequest>(message => Readers.Done(ExchangeMessages.Read(message))));
        yield return new FuzzTarget("settle-request", Form.Proto, [real.Settle.ToByteArray()], Readers.Message<SettleRequest>(message => Readers.Done(ExchangeMessages.Read(message))));
        yield return new FuzzTarget("fetch-request", Form.Proto, [real.Fetched.ToByteArray()], Readers.Message<FetchRequest>(message => Readers.Done(PeerEdge.Read(message))));
        yield return new FuzzTarget("watch-replies", Form.Frames, [.. Documents(real)], Watched, typeof(RpcException), typeof(DocumentException)) { Weight = 2 };
        yield return new FuzzTarget("add-checkpoint", Form.Proto, [real.Brought.ToByteArray()], Readers.Message<AddCheckpointRequest>(message => WitnessMessages.TryRead(message) is { } request
            && SignedNote.TryParse(request.Checkpoint.Span) is not null));
        yield return new FuzzTarget("add-checkpoint-reply", Form.Proto,
            [real.Cosigned.ToByteArray(), new AddCheckpointReply { Saw = 7 }.ToByteArray(), new AddCheckpointReply { Conflict = new Conflict { Seen = real.Brought.Checkpoint } }.ToByteArray()],
            Readers.Message<AddCheckpointReply>(message => WitnessMessages.TryRead(message) is not null));
        yield return new FuzzTarget("join-request", Form.Proto, [real.Joining.ToByteArray()], Readers.Message<JoinRequest>(message => AgencyId.TryParse(message.Agency, out _)
            && P256PublicKey.TryParse(message.IdentityKey.Span, out _) && NoteKey.TryParse(message.LogKey) is not null && Endpoints.TryParse(message.Endpoint, out _)));
        yield return new FuzzTarget("join-reply", Form.Proto, [real.Joined.ToByteArray()],
            Readers.Message<JoinReply>(message => message.Authority.Select(bytes => Authoring.Documents.Authority(SignedDocument.Parse(bytes.Span))).Any()), typeof(DocumentException));
    }

    /// <summary>The pieces of each document that the broker sent.</summary>
    private static IEnumerable<byte[]> Documents(RealExchanges real)
    {
        var body = new List<byte>();
        foreach (var reply in real.Watched)
        {
            body.AddRange(ProtoEdits.Frame(reply.ToByteArray()));
            if (reply.Last && body.Count < 64 * 1024)
            {
                yield return [.. body];
            }

            if (reply.Last)
            {
                body.Clear();
            }
        }
    }

    private static bool Watched(byte[] body)
    {
        var pieces = new DocumentPieces();
        return Readers.Frames<WatchReply>(body).Select(pieces.Add).OfType<SignedDocument>().Any();
    }

    private static bool Refusal(byte[] trailer)
    {
        var read = RefusalWire.TryRead(new RpcException(new Status(StatusCode.Aborted, ""), new Metadata { { RefusalWire.TrailerName, trailer } }));
        return read is not null && read.ToString().Length > 0 && read.ToRpcException().Trailers.Count > 0;
    }

    /// <summary>Headers, trailers and body of a response, with empty lines between.</summary>
    private static IEnumerable<byte[]> Responses(RealExchanges real)
    {
        const string Head = "200\ncontent-type: application/grpc\ngrpc-encoding: identity\nx-any: 1\nx-any-bin: AAECAw==, AAE\n\n";
        yield return [.. Encoding.UTF8.GetBytes($"{Head}grpc-status: 0\nx-bin: AAEC\n\n"), .. ProtoEdits.Frame(real.Redeemed.ToByteArray())];
        yield return [.. Encoding.UTF8.GetBytes($"{Head}grpc-status: 0\ngrpc-message: a%20%E4%B8%80%zz\n\n"), .. ProtoEdits.Frame([])];
    }

    private static bool Response(byte[] bytes)
    {
        using var channel = GrpcChannel.ForAddress("http://nowhere.example", new GrpcChannelOptions { HttpHandler = new Answering(bytes), DisposeHttpClient = true });
        return new ExchangeService.ExchangeServiceClient(channel).Redeem(new RedeemRequest()) is not null;
    }

    private static readonly byte[][] Heads =
    [
        "grpc-timeout: 5S\ngrpc-encoding: identity\nx-text: a\nx-some-bin: AAEC, AwQF"u8.ToArray(), "grpc-timeout: 99999999n\nuser-agent: x\nte: trailers"u8.ToArray(),
    ];

    private static bool RequestHeaders(byte[] bytes)
    {
        var http = new DefaultHttpContext();
        foreach (var (name, value) in Lines(Encoding.UTF8.GetString(bytes)))
        {
            http.Request.Headers.Append(name, value);
        }

        RequestHead.RefuseCompression(http);
        _ = StatusMessageEncoding.Encode(StatusMessageEncoding.Decode(Encoding.UTF8.GetString(bytes)));
        return RequestHead.ReadTimeout(http.Request.Headers) is null or { Ticks: >= 0 } && RequestHead.ReadMetadata(http.Request.Headers) is not null;
    }

    private static IEnumerable<(string Name, string Value)> Lines(string text) => text.Split('\n').Select(line => line.Split(':', 2)).Where(parts => parts.Length == 2 && parts[0].Trim().Length > 0)
        .Select(parts => (parts[0].Trim(), parts[1].Trim()));

    /// <summary>Answers each request with what it was given, as far as HttpClient would let it through.</summary>
    private sealed class Answering(byte[] bytes) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var head = Part(0, out var next);
            var trailers = Part(next, out next);
            var response = new HttpResponseMessage(int.TryParse(head.Split('\n')[0], out var status) && status is >= 100 and < 1000 ? (HttpStatusCode)status : HttpStatusCode.OK)
            {
                Version = HttpVersion.Version20,
                RequestMessage = request,
                Content = new ByteArrayContent(bytes[next..]),
            };
            Put(head, response.Headers);
            Put(head, response.Content.Headers);
            Put(trailers, response.TrailingHeaders);
            return Task.FromResult(response);
        }

        private string Part(int from, out int next)
        {
            var length = bytes.AsSpan(from).IndexOf("\n\n"u8);
            next = length < 0 ? bytes.Length : from + length + 2;
            return Encoding.UTF8.GetString(bytes.AsSpan(from, length < 0 ? bytes.Length - from : length));
        }

        private static void Put(string lines, HttpHeaders headers)
        {
            foreach (var (name, value) in Lines(lines))
            {
                _ = headers.TryAddWithoutValidation(name, value); // A name that HTTP does not allow, or that is of another place, is left out.
            }
        }
    }
}
