using Grpc.Core;
using InfoLink.CodeAuthority.Derivation;
using InfoLink.CodeAuthority.Register;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Members;
using InfoLink.V1;

namespace InfoLink.CodeAuthority.Standing;

/// <summary>
/// What is done to one person's codes: re-issued, frozen, released, superseded, given an end. The broker first, which enforces it, then the own register: a
/// step that breaks off between the two is done again and changes nothing twice.
/// </summary>
internal sealed class CodeStandings(MemberHost member, IdCodeDerivation derivation, IdCodeKind kind, PersonRegister register, TimeProvider time)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(15);

    /// <summary>New codes everywhere: after a leak that names this one person. The agencies come by them with new tickets.</summary>
    public Task<PersonCodes> ReissueAsync(ResidentRecordCode code, string operatorName, string reason) => ChangeAsync(
        code,
        before => before.Generation < byte.MaxValue
            ? before with { Generation = (byte)(before.Generation + 1), State = PersonCodesState.Active }
            : throw new InvalidOperationException("This person's codes were replaced 255 times already; no generation is left. Change the resident record code instead."),
        null,
        operatorName,
        reason);

    /// <summary>Stopped until released.</summary>
    public Task<PersonCodes> FreezeAsync(ResidentRecordCode code, string operatorName, string reason) =>
        ChangeAsync(code, before => before with { State = PersonCodesState.Frozen }, null, operatorName, reason);

    /// <summary>In use again.</summary>
    public Task<PersonCodes> ReleaseAsync(ResidentRecordCode code, string operatorName, string reason) =>
        ChangeAsync(code, before => before with { State = PersonCodesState.Active }, null, operatorName, reason);

    /// <summary>Refused from this moment on; null: never.</summary>
    public Task<PersonCodes> ExpireAsync(ResidentRecordCode code, DateTimeOffset? at, string operatorName, string reason) =>
        ChangeAsync(code, before => before with { ExpiresAt = at?.ToUnixTimeSeconds() ?? 0 }, null, operatorName, reason);

    /// <summary>Ended for good: the person has another resident record code, whose codes go on.</summary>
    public Task<PersonCodes> SupersedeAsync(ResidentRecordCode code, ResidentRecordCode by, string operatorName, string reason) =>
        code.Equals(by)
            ? throw new InvalidOperationException("A resident record code is not superseded by itself.")
            : ChangeAsync(code, before => before with { State = PersonCodesState.Superseded }, by, operatorName, reason);

    private async Task<PersonCodes> ChangeAsync(
        ResidentRecordCode code, Func<PersonCodes, PersonCodes> change, ResidentRecordCode? successor, string operatorName, string reason)
    {
        var before = register.Find(code);
        if (before.State == PersonCodesState.Superseded && successor is null)
        {
            throw new InvalidOperationException("This person's codes are superseded, and stay so. Act on the successor's.");
        }

        var after = change(before);
        var request = new PutStandingRequest
        {
            IdCode = Bytes(derivation.Derive(code, kind, after.Generation)).ToByteString(),
            State = (CodeState)(int)after.State,
            SupersededBy = (successor is null ? [] : Bytes(derivation.Derive(successor, kind, register.Find(successor).Generation))).ToByteString(),
            ExpiresAt = after.ExpiresAt,
            Reason = reason,
        };
        try
        {
            var client = new CodeRegisterService.CodeRegisterServiceClient(member.Channels.ToBroker(member.Certificates.Current, member.Trust.Members));
            await client.PutAsync(request, deadline: time.GetUtcNow().UtcDateTime + Deadline);
        }
        catch (RpcException fault)
        {
            var why = RefusalWire.TryRead(fault) is { } refusal ? refusal.ToString() : $"The broker could not be told ({fault.StatusCode}).";
            throw new InvalidOperationException($"{why} Nothing was changed here; do the same again.", fault);
        }

        register.Put(code, after, operatorName, reason);
        return after;
    }

    private static byte[] Bytes(IdCode id)
    {
        var bytes = new byte[IdCode.ByteLength];
        id.CopyTo(bytes);
        return bytes;
    }
}
