using InfoLink.Agent.Calls;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Trust;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Linking;

/// <summary>Codes to codes of the same persons, at the broker, ten thousand at a time, with some patience for a broker that is away.</summary>
internal sealed class CodeRenewal(TrustBase trust, LinkCalls calls, LeafCertificates certificates, TimeProvider time)
{
    /// <summary>Most codes of one call.</summary>
    public const int MostCodes = 10_000;

    private const int Attempts = 5;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    /// <param name="codes">1 to 10,000.</param>
    /// <param name="from">Whose they are, after a merger; null: the agency's own.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The codes' epoch, and a code for each place; null where it was refused.</returns>
    /// <exception cref="RefusedException">It cannot go on now.</exception>
    public async Task<(byte Epoch, LinkCode?[] Codes)> RenewAsync(IReadOnlyList<LinkCode> codes, AgencyId? from, CancellationToken cancellation)
    {
        var request = new RenewRequest { FromAgency = from?.Value ?? "" };
        request.LinkCodes.Add(codes.Select(code => Google.Protobuf.UnsafeByteOperations.UnsafeWrap(Links.LinkTable.Bytes(code))));
        for (var attempt = 1; ; attempt++)
        {
            var outcome = trust.WhyNotFresh() is { } stale ? stale : await calls.RenewAsync(certificates.Current, request, cancellation);
            if (outcome is Outcome<RenewReply>.Done { Value: var reply })
            {
                return TryPlace(reply, codes.Count) is { } placed ? (placed[0].Epoch, placed[0].Codes) : throw new RefusedException(new Refusal(RefusalName.AnswerInvalid, "broker"));
            }

            var refusal = ((Outcome<RenewReply>.Refused)outcome).Refusal;
            if (attempt >= Attempts || !refusal.Retryable)
            {
                throw new RefusedException(refusal);
            }

            var pause = TimeSpan.FromSeconds(1 << (attempt - 1));
            pause = refusal.RetryAfter > pause ? refusal.RetryAfter : pause;
            await Task.Delay(pause < LongestPause ? pause : LongestPause, time, cancellation);
        }
    }

    /// <summary>Every place once, as a code of the epoch that the reply names or as refused; null: not so.</summary>
    private static (byte Epoch, LinkCode?[] Codes)[]? TryPlace(RenewReply reply, int count)
    {
        var placed = new LinkCode?[count];
        var seen = new bool[count];
        if (reply.Epoch is 0 or > byte.MaxValue || reply.Codes.Count + reply.Refused.Count != count)
        {
            return null;
        }

        foreach (var index in reply.Refused.Concat(reply.Codes.Select(code => code.Index)))
        {
            if (index >= count || seen[index])
            {
                return null;
            }

            seen[index] = true;
        }

        foreach (var code in reply.Codes)
        {
            if (code.LinkCode.Length != LinkCode.ByteLength || code.LinkCode[0] != reply.Epoch)
            {
                return null;
            }

            placed[code.Index] = LinkCode.FromBytes(code.LinkCode.Span);
        }

        return [((byte)reply.Epoch, placed)];
    }
}
