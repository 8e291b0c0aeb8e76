using System.Diagnostics;

namespace InfoLink.Tests.Tools;

/// <summary>The tool as people run it: a process, its exit code, and what it printed.</summary>
internal static class Infolink
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) => RunAsync("infolink.dll", arguments);

    /// <summary>The agent's own commands.</summary>
    public static Task<(int Code, string Output, string Error)> RunAgentAsync(params string[] arguments) => RunAsync("infolink-agent.dll", arguments);

    private static async Task<(int Code, string Output, string Error)> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, program), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(Patience);
        return (process.ExitCode, await output, await error);
    }
}
