using System.Diagnostics;
using InfoLink.Tests.Rpc;
using Xunit;

namespace InfoLink.Tests.Interop;

/// <summary>Which foreign gRPC implementation.</summary>
public enum Foreign
{
    /// <summary>The official implementation (C core) through Python.</summary>
    Python,

    /// <summary>grpc-js on Node.js, the official implementation without the C core.</summary>
    Node,
}

/// <summary>A foreign gRPC implementation in a process of its own, running a script of <c>tests/interop</c>.</summary>
internal sealed class ForeignPeer : IAsyncDisposable
{
    /// <summary>How long a client may take for all its cases, soak included.</summary>
    private static readonly TimeSpan ClientPatience = TimeSpan.FromMinutes(2);

    private readonly Process _process;

    private ForeignPeer(Process process) => _process = process;

    /// <summary>Starts the server script; the port it listens on.</summary>
    public static async Task<(ForeignPeer Peer, int Port)> ServeAsync(Foreign kind, params string[] tls)
    {
        var peer = await StartAsync(kind, "server", tls);
        var line = await peer._process.StandardOutput.ReadLineAsync().WaitAsync(RpcHost.Patience);
        Assert.StartsWith("listening ", line, StringComparison.Ordinal);
        return (peer, int.Parse(line!["listening ".Length..]));
    }

    /// <summary>Runs the client script to its end: what it says, a line for each case.</summary>
    public static async Task<string[]> CallAsync(Foreign kind, string address, params string[] tls)
    {
        await using var peer = await StartAsync(kind, "client", [address, .. tls]);
        var said = await peer._process.StandardOutput.ReadToEndAsync().WaitAsync(ClientPatience);
        return said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close(); // A server ends with its standard input, also when this process dies.
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static async Task<ForeignPeer> StartAsync(Foreign kind, string script, string[] arguments)
    {
        await SkipIfMissingAsync(kind);
        return new ForeignPeer(Start(
            kind == Foreign.Python ? "/usr/bin/python3" : "node",
            [RepositoryRoot.Path("tests", "interop", kind == Foreign.Python ? "python" : "node", script + (kind == Foreign.Python ? ".py" : ".js")), .. arguments]));
    }

    private static async Task SkipIfMissingAsync(Foreign kind)
    {
        if (kind == Foreign.Python && !await SucceedsAsync("/usr/bin/python3", "-c", "import grpc"))
            Assert.Skip("The official Python implementation is missing: run tests/interop/install, or apt-get install python3-grpcio.");
        if (kind == Foreign.Node && !Directory.Exists(RepositoryRoot.Path("tests", "interop", "node", "node_modules", "@grpc", "grpc-js")))
            Assert.Skip("grpc-js is missing: run tests/interop/install, or npm ci in tests/interop/node.");
        if (kind == Foreign.Node && !await SucceedsAsync("node", "--version"))
            Assert.Skip("Node.js is missing: install it, then run tests/interop/install.");
    }

    private static async Task<bool> SucceedsAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Start(program, arguments);
            await process.WaitForExitAsync().WaitAsync(RpcHost.Patience);
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // No such program.
        }
    }

    private static Process Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { }; // Read, so that a talkative peer is not held up; cases report on standard output.
        process.BeginErrorReadLine();
        return process;
    }
}
