using Grpc.Core;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.V1;

namespace InfoLink.Tests.Fixtures;

/// <summary>What a provider says to the broker, by hand.</summary>
internal static class HandMadeCalls
{
    public static async Task<RedeemReply> RedeemAsync(this HandMadeClient provider, string token, AttemptId attempt) =>
        await provider.RedeemAsync(new RedeemRequest { Token = token, AttemptId = attempt.ToArray().ToByteString(), Pin = new LogPin() });

    public static async Task<RedeemReply> RedeemAsync(this HandMadeClient provider, RedeemRequest request) =>
        await provider.Broker.RedeemAsync(request, Limit());

    public static async Task SettleAsync(this HandMadeClient provider, SettleRequest request) =>
        await provider.Broker.SettleAsync(request, Limit());

    /// <summary>A settlement with this outcome for every subject of an approval, ready to be bent.</summary>
    public static SettleRequest Settlement(this AuthorizeReply approval, SubjectOutcome outcome = SubjectOutcome.NotAvailableOutcome)
    {
        var request = new SettleRequest
        {
            ExchangeId = approval.ExchangeId,
            TokenSha256 = Sha256Digest.Of(System.Text.Encoding.ASCII.GetBytes(approval.Token)).ToByteString(),
        };
        request.Subjects.Add(approval.Subjects.Select(subject => new SubjectSettlement { Index = subject.Index, Outcome = outcome }));
        return request;
    }

    private static CallOptions Limit() => new(deadline: TimeProvider.System.GetUtcNow().UtcDateTime + TestNetwork.Patience);
}
