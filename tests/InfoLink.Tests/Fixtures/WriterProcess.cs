using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using InfoLink.Contracts.Identifiers;
using Xunit;

namespace InfoLink.Tests.Fixtures;

/// <summary>An append that was acknowledged to somebody in another process, and the signed tree that was shown with it.</summary>
internal sealed record Acknowledged(long Serial, Sha256Digest Leaf, long TreeSize, Sha256Digest TreeRoot);

/// <summary>A process that appends to a log from 16 writers as fast as it can (tests/LogWriter), so that it can be killed.</summary>
internal sealed class WriterProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<Acknowledged> _acknowledged = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private int _refused;

    /// <summary>Ready to begin, the log not yet opened: what starting costs can be paid while another still writes.</summary>
    public WriterProcess(string kind, string database, string origin, byte[] seed)
    {
        var built = new DirectoryInfo(AppContext.BaseDirectory);
        var program = RepositoryRoot.Path("tests", "LogWriter", "bin", built.Parent!.Name, built.Name, "LogWriter.dll");
        Assert.True(File.Exists(program), $"The writer is not built: {program}");
        _process = Process.Start(new ProcessStartInfo("dotnet", [program, kind, database, origin, Convert.ToBase64String(seed)])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => _errors.Enqueue(line.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public IReadOnlyCollection<Acknowledged> Acknowledged => _acknowledged;

    /// <summary>Appends that it was told no for.</summary>
    public int Refused => _refused;

    public void Begin() => _process.StandardInput.WriteLine();

    /// <summary>Until so many were acknowledged.</summary>
    public async Task UntilAsync(int acknowledged)
    {
        var waited = Stopwatch.StartNew();
        while (_acknowledged.Count < acknowledged)
        {
            Assert.False(_process.HasExited, "The writer ended: " + string.Join('\n', _errors));
            Assert.True(waited.Elapsed < TestNetwork.Patience, "The writer writes nothing.");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    /// <summary>kill -9; afterwards everything that it ever said has been read.</summary>
    public async Task KillAsync()
    {
        Assert.False(_process.HasExited, "The writer ended by itself: " + string.Join('\n', _errors));
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(TestNetwork.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync().WaitAsync(TestNetwork.Patience);
        }

        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line?.Split(' ') is [var serial, var leaf, var size, var root])
        {
            _acknowledged.Enqueue(new Acknowledged(
                long.Parse(serial, CultureInfo.InvariantCulture),
                Sha256Digest.FromBytes(Convert.FromHexString(leaf)),
                long.Parse(size, CultureInfo.InvariantCulture),
                Sha256Digest.FromBytes(Convert.FromHexString(root))));
        }
        else if (line is not null)
        {
            Interlocked.Increment(ref _refused);
        }
    }
}
