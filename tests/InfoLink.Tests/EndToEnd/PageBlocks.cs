using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.EndToEnd;

/// <summary>Runs the marked blocks of a page one by one (tests/network), in a folder that is gone afterwards, with everything that they started.</summary>
internal sealed class PageBlocks : IAsyncDisposable
{
    /// <summary>The script gives one block 120 s.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(130);

    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("infolink-test-");
    private readonly string _page;
    private readonly Process _script;

    /// <param name="page">From the repository's root.</param>
    /// <param name="mark">What its blocks are marked with: <c>&lt;!-- mark: name --&gt;</c>.</param>
    /// <param name="variables">What the blocks read.</param>
    public PageBlocks(string page, string mark, IEnumerable<KeyValuePair<string, string>> variables)
    {
        _page = page;
        var start = new ProcessStartInfo(RepositoryRoot.Path("tests", "network"), ["-"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        start.Environment["PAGE"] = page;
        start.Environment["MARK"] = mark;
        start.Environment["DIR"] = _folder.FullName;
        start.Environment["CONFIGURATION"] = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        _script = Process.Start(start)!;
    }

    public string Path(params string[] parts) => System.IO.Path.Combine([_folder.FullName, .. parts]);

    /// <summary>Runs these blocks of the page, each to where it can come alone.</summary>
    public async Task RunAsync(params string[] blocks)
    {
        foreach (var block in blocks)
        {
            await _script.StandardInput.WriteLineAsync(block);
            await _script.StandardInput.FlushAsync();
            var answer = await _script.StandardOutput.ReadLineAsync().WaitAsync(Patience);
            Assert.True(string.Equals(answer, $"DONE {block}", StringComparison.Ordinal), $"The block '{block}' of {_page} failed ({answer}):\n{Output(block)}");
        }
    }

    /// <summary>A variable that the blocks read.</summary>
    public Task SetAsync(string name, string value) => _script.StandardInput.WriteLineAsync($"{name}={value}");

    /// <summary>What a block has printed so far.</summary>
    public string Output(string block)
    {
        var path = Path("output", block);
        if (!File.Exists(path))
        {
            return "";
        }

        using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return file.ReadToEnd();
    }

    public async ValueTask DisposeAsync()
    {
        _script.StandardInput.Close(); // The script ends, and ends what it started.
        try
        {
            await _script.WaitForExitAsync().WaitAsync(EndsWithin);
        }
        catch (TimeoutException)
        {
            _script.Kill(entireProcessTree: true);
            throw;
        }
        finally
        {
            _script.Dispose();
            SqliteConnection.ClearAllPools();
            _folder.Delete(recursive: true);
        }
    }
}
