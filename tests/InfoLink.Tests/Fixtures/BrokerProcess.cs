using System.Diagnostics;
using System.Text;
using InfoLink.Samples.Network;
using Xunit;

namespace InfoLink.Tests.Fixtures;

/// <summary>A broker in a process of its own, as an operator runs it, so that it can be killed.</summary>
internal sealed class BrokerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private BrokerProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException("The broker ended before it was ready: " + Output));
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

    public static async Task<BrokerProcess> StartAsync(NetworkFolder folder)
    {
        var broker = Launch(folder.BrokerPath);
        await broker._ready.Task.WaitAsync(TestNetwork.Patience);
        return broker;
    }

    /// <summary>Starts one that is expected to refuse to; its exit code and what it said.</summary>
    public static async Task<(int ExitCode, string Output)> RefuseAsync(string config, params (string Name, string Value)[] environment)
    {
        await using var broker = Launch(config, environment);
        await broker._process.WaitForExitAsync().WaitAsync(TestNetwork.Patience);
        return (broker._process.ExitCode, broker.Output);
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
        using (var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        await _process.WaitForExitAsync().WaitAsync(TestNetwork.Patience);
        return _process.ExitCode;
    }

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
        await KillAsync();
        _process.Dispose();
    }

    private static BrokerProcess Launch(string config, params (string Name, string Value)[] environment)
    {
        // The tests' own output folder is named by the build's configuration and framework, and so is the broker's.
        var built = new DirectoryInfo(AppContext.BaseDirectory);
        var program = RepositoryRoot.Path("broker", "InfoLink.Broker", "bin", built.Parent!.Name, built.Name, "infolink-broker.dll");
        Assert.True(File.Exists(program), $"The broker is not built: {program}");

        // A signal that a file limit would send is ignored, so that the limit is an error of the write, as a full disk is.
        var start = new ProcessStartInfo("sh", ["-c", "trap '' XFSZ; exec dotnet \"$0\" --config \"$1\"", program, config])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new BrokerProcess(Process.Start(start)!);
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
