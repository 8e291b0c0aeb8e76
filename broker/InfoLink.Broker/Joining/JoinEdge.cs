using Google.Protobuf;
using Grpc.Core;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Broker.Joining;

/// <summary>
/// <c>infolink.v1.JoinService</c> on the wire: the one method that a stranger may call, and only with a code. What it brings is on record, and shown to
/// the operator; it makes nobody a member.
/// </summary>
internal sealed class JoinEdge(JoinCodes codes, JoinFolder joined, TrustFolder trust, ActRecords acts, TimeProvider time) : JoinService.JoinServiceBase
{
    public override async Task<JoinReply> Join(JoinRequest request, ServerCallContext context)
    {
        var certificate = context.GetHttpContext().Connection.ClientCertificate
            ?? throw new Refusal(RefusalName.CertificateRequired).ToRpcException();
        var held = trust.Held!;
        var platform = held.Platform;
        if (!AgencyId.TryParse(request.Agency, out var agency)
            || !P256PublicKey.TryParse(request.IdentityKey.Span, out var key)
            || !IsOf(request.LogKey, NoteKeyKind.Log)
            || !IsOf(request.WitnessKey, NoteKeyKind.Cosigner)
            || !Endpoints.TryParse(request.Endpoint, out var endpoint))
        {
            throw new Refusal(RefusalName.RequestMalformed, "agency, keys or endpoint").ToRpcException();
        }

        if (LeafCertificate.NameOf(certificate) != SpiffeName.ForAgency(platform, agency)
            || !LeafCertificate.IsUnder(certificate, key, LeafPurpose.Tls, time.GetUtcNow()))
        {
            throw new Refusal(RefusalName.CertificateUntrusted).ToRpcException();
        }

        if (codes.Use(agency, request.Secret.Span, key) is { } refused)
        {
            throw refused.ToRpcException();
        }

        var fingerprint = Fingerprint.OfKey(key).ToString();
        var now = time.GetUtcNow();
        var before = joined.Find(agency);
        if (before is null || !string.Equals(before.Fingerprint, fingerprint, StringComparison.Ordinal))
        {
            await acts.RecordAsync(new OperatorAct
            {
                Operator = $"agency {agency}, with a join code",
                What = "join",
                About = agency.Value,
                Before = before?.Fingerprint ?? "",
                After = fingerprint,
            });
        }

        joined.Keep(new JoinedAgency(agency.Value, key.ToString(), fingerprint, request.LogKey, request.WitnessKey, endpoint, now));
        return new JoinReply
        {
            TimeMs = now.ToUnixTimeMilliseconds(),
            Authority = { held.Authorities.Select(authority => UnsafeByteOperations.UnsafeWrap(authority.Envelope.ToBytes())) },
        };
    }

    private static bool IsOf(string text, NoteKeyKind kind) => text.Length <= 512 && NoteKey.TryParse(text)?.Kind == kind;
}
