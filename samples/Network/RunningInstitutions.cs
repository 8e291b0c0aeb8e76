using InfoLink.CodeAuthority;
using InfoLink.Numbering;
using InfoLink.Samples.Registry;
using InfoLink.Samples.Registry.Generating;
using InfoLink.Samples.Registry.Keeping;

namespace InfoLink.Samples.Network;

/// <summary>The code authority, the registry with made-up people, and the numbering authority of a folder, in this process, on real sockets.</summary>
public sealed class RunningInstitutions : IAsyncDisposable
{
    private const int Residents = 300;
    private const ulong Seed = 20_260_401;
    private readonly CodeAuthorityHost _codes;

    private RunningInstitutions(CodeAuthorityHost codes, RegistryHost registry, NumberingHost numbering) => (_codes, Registry, Numbering) = (codes, registry, numbering);

    public RegistryHost Registry { get; }

    public NumberingHost Numbering { get; }

    /// <summary>The residents whose records hold nothing odd, oldest entry first: each run makes the same people.</summary>
    public IReadOnlyList<Resident> PlainResidents => [.. Registry.Register.All().Where(person => person.Standing == Standing.Resident && IsPlain(person.Current))];

    public static async Task<RunningInstitutions> StartAsync(NetworkFolder folder, TimeProvider time, ILoggerFactory loggers)
    {
        var register = folder.InstitutionPath(NetworkFolder.Registry, "registry.db");
        if (!File.Exists(register))
        {
            Register.Make(register, new Generator(Seed).Residents(Residents)).Dispose();
        }

        var numbering = await NumberingHost.StartAsync(folder.NumberingOptions(), time, loggers);
        var codes = CodeAuthorityHost.Open(folder.CodeAuthorityOptions(), time, loggers);
        await codes.ServeAsync();
        var registry = RegistryHost.Open(new RegistryOptions { Member = folder.RegistryOptions() }, time, loggers);
        await registry.ServeAsync();
        return new RunningInstitutions(codes, registry, numbering);
    }

    public async ValueTask DisposeAsync()
    {
        await Registry.DisposeAsync();
        await _codes.DisposeAsync();
        await Numbering.DisposeAsync();
    }

    private static bool IsPlain(Attributes attributes) => attributes.Municipality.Length > 0 && !attributes.BirthDate.EndsWith("00", StringComparison.Ordinal);
}
