using System.Diagnostics;
using System.Text;
using InfoLink.Samples.Network;
using Xunit;

namespace InfoLink.Tests.Fixtures;

/// <summary>A broker or an agent in a process of its own, as its operator runs it, so that it can be killed, stopped and starved.</summary>
internal sealed class PartyProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool _disposed;

    private PartyProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException("The process ended before it was ready: " + Output));
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>What it wrote to its console.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static Task<PartyProcess> StartBrokerAsync(NetworkFolder folder, params (string Name, string Value)[] environment) => StartAsync(LaunchBroker(folder.BrokerPath, environment));

    public static Task<PartyProcess> StartAgentAsync(NetworkFolder folder, string agency, params (string Name, string Value)[] environment) =>
        StartAgentAsync(folder.AgencyPath(agency, "agent.json"), environment);

    public static Task<PartyProcess> StartAgentAsync(string config, params (string Name, string Value)[] environment) => StartAsync(LaunchAgent(config, environment));

    public static Task<PartyProcess> StartNumberingAsync(string config) => StartAsync(LaunchNumbering(config));

    public static Task<PartyProcess> StartCodeAuthorityAsync(NetworkFolder folder) => StartAsync(
        Launch(["broker", "InfoLink.CodeAuthority"], "infolink-codes.dll", ["run", "--config", folder.InstitutionPath(NetworkFolder.CodeAuthority, "code-authority.json")]));

    /// <summary>The sample's registry, whose folder has a <c>registry.json</c>.</summary>
    public static Task<PartyProcess> StartRegistryAsync(NetworkFolder folder) => StartAsync(
        Launch(["samples", "Registry"], "InfoLink.Samples.Registry.dll", ["run", "--config", folder.InstitutionPath(NetworkFolder.Registry, "registry.json")]));

    /// <summary>An agency's own program that links the persons of a file (tests/LinkClerk): under way, not at its end.</summary>
    public static PartyProcess BeginLinking(NetworkFolder folder, string agency, string persons, string job) =>
        Launch(["tests", "LinkClerk"], "LinkClerk.dll", [folder.AgencyPath(agency, "agent.json"), persons, job]);

    /// <summary>A numbering authority that is expected to refuse to start.</summary>
    public static Task<(int ExitCode, string Output)> RefuseNumberingAsync(string config) => EndAsync(LaunchNumbering(config));

    /// <summary>A broker that is expected to refuse to start; its exit code and what it said.</summary>
    public static Task<(int ExitCode, string Output)> RefuseBrokerAsync(string config, params (string Name, string Value)[] environment) =>
        EndAsync(LaunchBroker(config, environment));

    /// <summary>The same of an agent.</summary>
    public static Task<(int ExitCode, string Output)> RefuseAgentAsync(NetworkFolder folder, string agency, params (string Name, string Value)[] environment) =>
        EndAsync(LaunchAgent(folder.AgencyPath(agency, "agent.json"), environment));

    /// <summary>Until it has said so: a line, or the beginning of one.</summary>
    /// <returns>The line.</returns>
    public async Task<string> SaidAsync(string beginning)
    {
        string? line = null;
        await Until.TrueAsync(() => (line = Output.Split('\n').FirstOrDefault(one => one.StartsWith(beginning, StringComparison.Ordinal))) is not null || _process.HasExited);
        return line ?? throw new InvalidOperationException($"It ended, and had not said '{beginning}': {Output}");
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync().WaitAsync(TestNetwork.Patience);
    }

    /// <summary>SIGTERM, as an operator stops it.</summary>
    public async Task<int> StopAsync()
    {
        await SignalAsync("-TERM");
        await _process.WaitForExitAsync().WaitAsync(TestNetwork.Patience);
        return _process.ExitCode;
    }

    /// <summary>It hangs: its connections stay, and it says nothing.</summary>
    public Task FreezeAsync() => SignalAsync("-STOP");

    public Task ThawAsync() => SignalAsync("-CONT");

    /// <summary>No file of this process may grow beyond a size from now on: to it, the disk is full.</summary>
    /// <param name="bytes">Null: the disk has room again.</param>
    public async Task LimitFilesAsync(long? bytes)
    {
        using var limit = Process.Start("prlimit", [$"--pid={_process.Id}", $"--fsize={bytes?.ToString() ?? "unlimited"}:"]);
        await limit.WaitForExitAsync();
        Assert.Equal(0, limit.ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            await KillAsync();
            _process.Dispose();
        }
    }

    private static PartyProcess LaunchBroker(string config, params (string Name, string Value)[] environment) =>
        Launch(["broker", "InfoLink.Broker"], "infolink-broker.dll", ["--config", config], environment);

    private static PartyProcess LaunchAgent(string config, params (string Name, string Value)[] environment) => Launch(["agent", "InfoLink.Agent.Host"], "infolink-agent.dll", ["--config", config], environment);

    private static PartyProcess LaunchNumbering(string config) => Launch(["broker", "InfoLink.Numbering"], "infolink-numbering.dll", ["--config", config]);

    private static PartyProcess Launch(string[] project, string name, string[] arguments, params (string Name, string Value)[] environment)
    {
        // The tests' own output folder is named by the build's configuration and framework, and so are the programs'.
        var built = new DirectoryInfo(AppContext.BaseDirectory);
        var program = RepositoryRoot.Path([.. project, "bin", built.Parent!.Name, built.Name, name]);
        Assert.True(File.Exists(program), $"The program is not built: {program}");

        // A signal that a file limit would send is ignored, so that the limit is an error of the write, as a full disk is.
        var start = new ProcessStartInfo("sh", ["-c", "trap '' XFSZ; exec dotnet \"$0\" \"$@\"", program, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_gcServer"] = "0"; // Many share the machine.
        foreach (var (variable, value) in environment)
        {
            start.Environment[variable] = value;
        }

        return new PartyProcess(Process.Start(start)!);
    }

    private static async Task<PartyProcess> StartAsync(PartyProcess party)
    {
        try
        {
            await party._ready.Task.WaitAsync(TestNetwork.Patience);
            return party;
        }
        catch
        {
            await party.DisposeAsync();
            throw;
        }
    }

    private static async Task<(int ExitCode, string Output)> EndAsync(PartyProcess party)
    {
        await using (party)
        {
            await party._process.WaitForExitAsync().WaitAsync(TestNetwork.Patience);
            return (party._process.ExitCode, party.Output);
        }
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [signal, $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    private void Take(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }

        if (line?.StartsWith("READY", StringComparison.Ordinal) == true)
        {
            _ready.TrySetResult();
        }
    }
}
