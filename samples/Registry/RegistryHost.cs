using InfoLink.Contracts.Membership;
using InfoLink.Hosting;
using InfoLink.Hosting.Members;
using InfoLink.Samples.Registry.Keeping;
using InfoLink.Samples.Registry.Matching;

namespace InfoLink.Samples.Registry;

/// <summary>The registry as a member of the platform: register, audit, limits and the code authority's tickets behind one port. Composed in <see cref="Open"/>.</summary>
public sealed class RegistryHost : IAsyncDisposable
{
    /// <summary>A thousand persons, each attribute as long as it may be, are some 8 MB in the worst of scripts; written as people write they are far below this.</summary>
    private const int MaxMessage = 4 * 1024 * 1024;

    private readonly MemberHost _member;
    private readonly MatchAudit _audit;
    private readonly RegistryLimits _limits;
    private readonly RegistryEdge _edge;

    private RegistryHost(MemberHost member, Register register, MatchAudit audit, RegistryLimits limits, RegistryEdge edge) =>
        (_member, Register, _audit, _limits, _edge) = (member, register, audit, limits, edge);

    /// <summary>Where it serves.</summary>
    public Uri Endpoint => _member.Endpoint;

    /// <summary>Who is on the register.</summary>
    public Register Register { get; }

    /// <summary>Opens what it has, and serves nothing yet.</summary>
    /// <exception cref="InvalidOperationException">Configuration, documents, key or files are not in order.</exception>
    public static RegistryHost Open(RegistryOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        StartErrors.Refuse("The registry's configuration has errors", [.. options.Errors(), .. options.Member.Errors()]);
        var opened = new Stack<IDisposable>();
        try
        {
            var register = Register.Open(options.Member.Full(options.Register));
            opened.Push(register);
            var audit = MatchAudit.Open(options.Member.Full(options.Audit));
            opened.Push(audit);
            var member = MemberHost.Open(options.Member, MemberFlags.Registry, time, loggers);
            var limits = new RegistryLimits(options.Limits, time);
            var tickets = new CodeAuthorityCalls(member.Channels, member.Certificates, () => member.Trust.Members, time);
            var edge = new RegistryEdge(register, tickets.MakeTicketAsync, audit, limits, context => member.CallerOf(context), time, loggers.CreateLogger<RegistryEdge>());
            return new RegistryHost(member, register, audit, limits, edge);
        }
        catch
        {
            opened.ToList().ForEach(part => part.Dispose());
            throw;
        }
    }

    /// <summary>Begins to serve agencies.</summary>
    public Task ServeAsync() => _member.ServeAsync([ServedEdge.Of(_edge)], MaxMessage);

    public Task WaitForShutdownAsync(CancellationToken cancellation) => _member.WaitForShutdownAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await _member.DisposeAsync();
        await _limits.DisposeAsync();
        _audit.Dispose();
        Register.Dispose();
    }
}
