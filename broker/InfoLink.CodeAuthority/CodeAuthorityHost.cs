using InfoLink.CodeAuthority.Derivation;
using InfoLink.CodeAuthority.Register;
using InfoLink.CodeAuthority.Standing;
using InfoLink.CodeAuthority.Tickets;
using InfoLink.Codes;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Hosting;
using InfoLink.Hosting.Members;

namespace InfoLink.CodeAuthority;

/// <summary>The code authority: makes tickets for the registry, and says at the broker which codes are in use. Composed in <see cref="Open"/>.</summary>
public sealed class CodeAuthorityHost : IAsyncDisposable
{
    /// <summary>A thousand resident record codes stay far below it.</summary>
    private const int MaxMessage = 64 * 1024;

    private readonly MemberHost _member;
    private readonly TicketMaking _making;
    private readonly IdCodeDerivation _derivation;
    private readonly PersonRegister _register;

    private CodeAuthorityHost(MemberHost member, TicketMaking making, CodeStandings standings, IdCodeDerivation derivation, PersonRegister register) =>
        (_member, _making, Standings, _derivation, _register) = (member, making, standings, derivation, register);

    /// <summary>Where it serves.</summary>
    public Uri Endpoint => _member.Endpoint;

    internal CodeStandings Standings { get; }

    internal MemberHost Member => _member;

    internal IdCodeDerivation Derivation => _derivation;

    /// <summary>Makes its folder and keys. Nothing is ever overwritten.</summary>
    /// <returns>The public half of its identity key, for the member list.</returns>
    /// <exception cref="IOException">A key is there already.</exception>
    public static P256PublicKey Create(CodeAuthorityOptions options, string platform)
    {
        var identity = MemberHost.Create(options.Member, platform);
        KeyFile.WriteNewKey(options.Member.Full(options.Key));
        KeyFile.WriteNewKey(options.Member.Full(options.RegisterKey));
        return identity;
    }

    /// <summary>Opens what it has, and serves nothing yet.</summary>
    /// <exception cref="InvalidOperationException">Configuration, documents or keys are not in order: all errors at once.</exception>
    public static CodeAuthorityHost Open(CodeAuthorityOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        StartErrors.Refuse("The code authority's configuration has errors", [.. options.Errors(), .. options.Member.Errors()]);
        var member = MemberHost.Open(options.Member, MemberFlags.CodeAuthority, time, loggers);
        var key = options.ReadKey(options.Key);
        var derivation = new IdCodeDerivation(key);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(key);
        var register = PersonRegister.Open(options.Member.DataFile("register.db"), options.ReadKey(options.RegisterKey), time);
        var kind = options.TestPersons ? IdCodeKind.Test : IdCodeKind.Resident;
        return new CodeAuthorityHost(
            member,
            new TicketMaking(member.Trust.Self, derivation, kind, register, new BrokerKey(member, time), member.Certificates, time),
            new CodeStandings(member, derivation, kind, register, time),
            derivation,
            register);
    }

    /// <summary>Begins to serve the registry.</summary>
    public Task ServeAsync() => _member.ServeAsync([ServedEdge.Of(new CodeAuthorityEdge(_making, _member))], MaxMessage);

    public Task WaitForShutdownAsync(CancellationToken cancellation) => _member.WaitForShutdownAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await _member.DisposeAsync();
        _derivation.Dispose();
        _register.Dispose();
    }
}
