using System.Diagnostics;
using System.Text;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Canary;

/// <summary>
/// A broker, an agent or another party as an operator runs it, and as talkative as it can be made: everything it can log, and what the runtime's own tracing tells of it, its
/// metrics, activities and exceptions, in a file. It can be killed, started again, and looked into.
/// </summary>
internal sealed class Party : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string _program;
    private readonly string[] _arguments;
    private readonly string? _traces;
    private readonly Lock _lock = new();
    private readonly StringBuilder _output = new();
    private Process? _process;

    private Party(string name, string program, string[] arguments, string? traces)
    {
        Name = name;
        (_program, _arguments, _traces) = (program, arguments, traces);
    }

    public string Name { get; }

    public int ProcessId => _process!.Id;

    /// <summary>What it wrote to its console, whichever process it was.</summary>
    public string Output
    {
        get
        {
            lock (_lock)
            {
                return _output.ToString();
            }
        }
    }

    /// <param name="name">What to call it.</param>
    /// <param name="program">See <see cref="Built"/>.</param>
    /// <param name="traces">A folder for its traces; null: it says no more than it says to its operator.</param>
    /// <param name="arguments">What it is told.</param>
    public static async Task<Party> StartAsync(string name, string program, string? traces, params string[] arguments)
    {
        var party = new Party(name, program, arguments, traces);
        await party.StartAsync();
        return party;
    }

    /// <summary>A program of this build, by project and assembly.</summary>
    public static string Built(string folder, string assembly)
    {
        // The tests' own output folder is named by the build's configuration and framework, and so are the programs'.
        var built = new DirectoryInfo(AppContext.BaseDirectory);
        var program = RepositoryRoot.Path([.. folder.Split('/'), "bin", built.Parent!.Name, built.Name, assembly + ".dll"]);
        Assert.True(File.Exists(program), $"It is not built: {program}");
        return program;
    }

    /// <summary>Starts it, or starts it again.</summary>
    public async Task StartAsync()
    {
        var start = new ProcessStartInfo("dotnet", [_program, .. _arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (_traces is not null)
        {
            Directory.CreateDirectory(_traces);
            MakeTalkative(start.Environment, Path.Combine(_traces, Name + "-{pid}.nettrace"));
            if (Name is NetworkFolder.Provider)
            {
                start.Environment["Logging__Console__FormatterName"] = "json";
            }
        }

        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = _process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Take(line.Data, ready);
        process.ErrorDataReceived += (_, line) => Take(line.Data, ready);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"{Name} ended before it was ready: {Output[^Math.Min(4_000, Output.Length)..]}"));
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await ready.Task.WaitAsync(Patience);
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        if (_process is { HasExited: false } running)
        {
            running.Kill();
            await running.WaitForExitAsync().WaitAsync(Patience);
        }
    }

    /// <summary>SIGTERM, as an operator stops it.</summary>
    public async Task StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", $"{ProcessId}"]))
        {
            await kill.WaitForExitAsync();
        }

        await _process!.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>Everything that lies in its memory now, in a file that the caller removes.</summary>
    public async Task<string> DumpAsync(string folder)
    {
        Assert.False(_process!.HasExited, $"{Name} has ended: {Output[^Math.Min(4_000, Output.Length)..]}");
        var dump = Path.Combine(folder, $"{Name}-{ProcessId}.core");
        var tool = Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "createdump");
        await Tool.RunAsync(tool, ["--full", "--name", dump, $"{ProcessId}"]);
        Assert.True(File.Exists(dump), "No dump was written.");
        return dump;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process?.Dispose();
    }

    private static void MakeTalkative(IDictionary<string, string?> environment, string traces)
    {
        environment["Logging__LogLevel__Default"] = "Trace";
        environment["Logging__Console__LogLevel__Default"] = "Trace";
        environment["Logging__Console__LogLevel__Microsoft"] = "Trace";
        environment["DOTNET_EnableEventPipe"] = "1";
        environment["DOTNET_EventPipeOutputPath"] = traces;
        environment["DOTNET_EventPipeOutputStreaming"] = "1";
        environment["DOTNET_EventPipeCircularMB"] = "16";
        environment["DOTNET_EventPipeConfig"] = string.Join(
            ',',
            "System.Diagnostics.Metrics:0xFFFFFFFF:5:Metrics=*;RefreshInterval=1",
            "Microsoft-Diagnostics-DiagnosticSource:0x803:5:FilterAndPayloadSpecs=[AS]*",
            "Microsoft-AspNetCore-Server-Kestrel:0xFFFFFFFF:5",
            "System.Net.Http:0xFFFFFFFF:5",
            "System.Net.Security:0xFFFFFFFF:5",
            "Microsoft-Windows-DotNETRuntime:0x8000:2"); // Exceptions, those caught too.
    }

    private void Take(string? line, TaskCompletionSource ready)
    {
        lock (_lock)
        {
            _output.AppendLine(line);
        }

        if (line?.StartsWith("READY", StringComparison.Ordinal) == true)
        {
            ready.TrySetResult();
        }
    }
}

/// <summary>A program that runs to its end.</summary>
internal static class Tool
{
    /// <returns>What it printed, and how it ended.</returns>
    public static async Task<(int ExitCode, string Output)> TryAsync(string program, IEnumerable<string> arguments, string input = "")
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(TestNetwork.Patience * 2);
        await process.WaitForExitAsync().WaitAsync(TestNetwork.Patience);
        return (process.ExitCode, output + await errors);
    }

    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments)
    {
        var (code, output) = await TryAsync(program, arguments);
        Assert.True(code == 0, $"{program} failed: {output}");
        return output;
    }
}
