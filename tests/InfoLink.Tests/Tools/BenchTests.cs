using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace InfoLink.Tests.Tools;

/// <summary>The bench as people run it, for a second at a time: it works, it says so in the agreed form, and it says when it does not. No time is asserted.</summary>
public sealed class BenchTests : IDisposable
{
    private static readonly string[] Members = ["aim", "floor", "measured", "met", "name", "ratio", "rounds", "spread", "unit"];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("infolink-test-");

    [Theory]
    [InlineData("authorize", "≥ 0.7")]
    [InlineData("authorize-redeem", "≥ 0.6")]
    [InlineData("bulk", "≥ 30,000")]
    [InlineData("codes", "≥ 0.6")]
    [InlineData("exchange", "≤ 1.25")]
    [InlineData("log", "≥ 0.7")]
    [InlineData("match", "≤ 0")]
    public async Task A_scenario_measures_and_writes_its_figures_as_JSON_and_as_a_table(string scenario, string aim)
    {
        var (json, markdown) = (Path.Combine(_folder.FullName, "bench.json"), Path.Combine(_folder.FullName, "bench.md"));

        var (code, _, error) = await RunAsync(scenario, "--seconds", "1", "--json", json, "--markdown", markdown);

        Assert.True(code == 0, error);
        using var report = JsonDocument.Parse(await File.ReadAllBytesAsync(json, TestContext.Current.CancellationToken));
        Assert.Contains("processors", report.RootElement.GetProperty("machine").GetString(), StringComparison.Ordinal);
        var figures = report.RootElement.GetProperty("scenarios").EnumerateArray().ToList();
        Assert.NotEmpty(figures);
        Assert.All(figures, AssertFigure);
        Assert.Equal(aim, figures[0].GetProperty("aim").GetString());
        var table = await File.ReadAllLinesAsync(markdown, TestContext.Current.CancellationToken);
        Assert.Equal(figures.Count, table.Length - 2);
        Assert.All(figures.Zip(table[2..]), pair => Assert.Contains(pair.First.GetProperty("name").GetString()!, pair.Second, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_scenario_that_fails_ends_the_run_says_so_and_writes_nothing()
    {
        var json = Path.Combine(_folder.FullName, "bench.json");

        var (code, _, error) = await RunAsync("log", "--seconds", "1", "--json", json, "--postgres", "Host=127.0.0.1;Port=1;Username=nobody;Timeout=1");

        Assert.Equal(1, code);
        Assert.Contains("log failed", error, StringComparison.Ordinal);
        Assert.False(File.Exists(json));
    }

    [Fact]
    public async Task The_help_names_every_scenario()
    {
        var (code, output, _) = await RunAsync("--help");

        Assert.Equal(0, code);
        Assert.All(
            (string[])["authorize", "authorize-redeem", "bulk", "codes", "exchange", "log", "catalog", "growth", "all"],
            scenario => Assert.Contains(output.Split('\n'), line => line.StartsWith($"  {scenario} ", StringComparison.Ordinal)));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static void AssertFigure(JsonElement figure)
    {
        Assert.Equal(Members, figure.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.NotEmpty(figure.GetProperty("name").GetString()!);
        Assert.NotEmpty(figure.GetProperty("unit").GetString()!);
        var (measured, rounds) = (figure.GetProperty("measured"), figure.GetProperty("rounds").GetInt32());
        Assert.Equal(rounds > 0, measured.ValueKind == JsonValueKind.Number && measured.GetDouble() >= 0);
        var hasFloor = figure.GetProperty("floor").ValueKind == JsonValueKind.Number;
        Assert.Equal(hasFloor, figure.GetProperty("ratio").ValueKind == JsonValueKind.Number);
        var hasAim = figure.GetProperty("aim").ValueKind == JsonValueKind.String;
        Assert.Equal(hasAim, figure.GetProperty("met").ValueKind is JsonValueKind.True or JsonValueKind.False);
    }

    /// <summary>Folders that it makes are this test's, which then finds whether any is left.</summary>
    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var temporary = _folder.CreateSubdirectory("tmp");
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "bench.dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["TMPDIR"] = temporary.FullName },
        };
        if (!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess)
        {
            temporary.UnixFileMode |= UnixFileMode.OtherRead | UnixFileMode.OtherExecute; // A PostgreSQL that it starts runs as a user of its own.
            _folder.UnixFileMode |= UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        }

        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(Patience);
        Assert.Empty(temporary.EnumerateFileSystemInfos("infolink-*"));
        return (process.ExitCode, await output, await error);
    }
}
