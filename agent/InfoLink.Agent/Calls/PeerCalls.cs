using Grpc.Core;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting;
using InfoLink.Hosting.Trust;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Calls;

/// <summary>
/// The call to the provider's agent. The channel sends nothing before the server has proved to be the provider; after the message may have
/// been received it is never repeated.
/// </summary>
internal sealed class PeerCalls(Channels channels, TrustBase trust, CallPolicies policies, TimeSpan fetchTimeout)
{
    /// <summary>Most bytes of one reply that are collected before any of it is believed.</summary>
    private const int MaxReply = 256 * 1024 * 1024;

    public Task<Outcome<SealedReply>> FetchAsync(
        LeafGeneration own, Member provider, FetchRequest request, int subjects, CancellationToken cancellation) => CallFaults.OutcomeOfAsync<SealedReply>(
            async () =>
            {
                var client = new PeerService.PeerServiceClient(channels.ToMember(own, trust.Members, provider));
                return await policies.ForOnce(provider.Id.Value).ExecuteAsync(
                    async limit =>
                    {
                        using var call = client.Fetch(request, policies.OptionsOf(fetchTimeout, limit));
                        return await ReadAsync(call.ResponseStream, subjects, limit);
                    },
                    cancellation);
            },
            RefusalName.ProviderUnreachable,
            RefusalName.AnswerLost,
            cancellation);

    /// <summary>The key that the provider opens identity checks with.</summary>
    public Task<Outcome<byte[]>> CheckingKeyAsync(LeafGeneration own, Member provider, CancellationToken cancellation) => CallFaults.OutcomeOfAsync<byte[]>(
        async () =>
        {
            var client = new PeerService.PeerServiceClient(channels.ToMember(own, trust.Members, provider));
            var reply = await policies.ForRepeatable(provider.Id.Value).ExecuteAsync(
                async limit => await client.CheckingKeyAsync(new CheckingKeyRequest(), policies.OptionsOf(CallPolicies.TryTimeout, limit)), cancellation);
            var key = reply.Key.ToByteArray();
            return Contracts.Sealing.SealingKeyPair.IsPublicKey(key) ? key : new Refusal(RefusalName.AnswerInvalid, "checking key");
        },
        RefusalName.ProviderUnreachable,
        RefusalName.ProviderUnreachable,
        cancellation);

    private static async Task<Outcome<SealedReply>> ReadAsync(IAsyncStreamReader<FetchReply> stream, int expected, CancellationToken cancellation)
    {
        FetchHeader? header = null;
        var subjects = new List<SealedSubject>(expected);
        var room = MaxReply;
        while (await stream.MoveNext(cancellation))
        {
            if (room < 0)
            {
                return new Refusal(RefusalName.AnswerInvalid, "size");
            }

            switch (stream.Current.PartCase)
            {
                case FetchReply.PartOneofCase.Header when header is null && subjects.Count == 0:
                    header = stream.Current.Header;
                    break;
                case FetchReply.PartOneofCase.Subject when header is not null && subjects.Count == expected:
                    return new Refusal(RefusalName.AnswerInvalid, "subjects");
                case FetchReply.PartOneofCase.Subject when header is not null:
                    subjects.Add(stream.Current.Subject);
                    room -= stream.Current.Subject.CalculateSize();
                    break;
                default:
                    return new Refusal(RefusalName.AnswerInvalid, "order of the stream");
            }
        }

        return header is null ? new Refusal(RefusalName.AnswerInvalid, "header") : new SealedReply(header, subjects);
    }
}

/// <summary>What the provider sent, not yet believed.</summary>
internal sealed record SealedReply(FetchHeader Header, IReadOnlyList<SealedSubject> Subjects);
