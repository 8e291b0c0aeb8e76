using System.Diagnostics;
using System.Runtime;

namespace InfoLink.Bench;

/// <summary>What one run was asked for.</summary>
/// <param name="Duration">How long one comparison measures: all its rounds and sides together.</param>
/// <param name="Full">Also what takes long.</param>
/// <param name="Postgres">Npgsql connection string of an empty database; null: one is started here, where it is installed.</param>
/// <param name="Say">Tells whoever waits what goes on.</param>
internal sealed record BenchRun(TimeSpan Duration, bool Full, string? Postgres, Action<string> Say)
{
    /// <summary>Rounds of every comparison; odd, so that the median is one of them.</summary>
    public const int Rounds = 5;

    /// <summary>A side's share of one round.</summary>
    public TimeSpan Share(int sides) => Duration / (Rounds * sides);

    /// <summary>
    /// The sides by turns, so that the machine's moods meet all alike; every other round backwards, so that none always follows the same one. Each is
    /// warm before the first round counts.
    /// </summary>
    /// <returns>For each side, what it returned in each round.</returns>
    public async Task<T[][]> ByTurnsAsync<T>(params Func<TimeSpan, Task<T>>[] sides)
    {
        var share = Share(sides.Length);
        foreach (var side in sides)
        {
            await WarmAsync(side);
        }

        var results = sides.Select(_ => new T[Rounds]).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            for (var turn = 0; turn < sides.Length; turn++)
            {
                var side = round % 2 == 0 ? turn : sides.Length - 1 - turn;
                GC.Collect(); // One side's garbage is not the next one's work.
                results[side][round] = await sides[side](share);
            }
        }

        return results;
    }

    /// <summary>Until the runtime has compiled what is hot, and compiled it again: a server that has run for a minute is what is measured. Bounded, for slow machines.</summary>
    private async Task WarmAsync<T>(Func<TimeSpan, Task<T>> side)
    {
        const int MostSlices = 8;
        const double Settled = 0.03; // Time in the compiler, as a part of all.
        var slice = Duration / 8 < TimeSpan.FromSeconds(2) ? Duration / 8 : TimeSpan.FromSeconds(2);
        for (var i = 0; i < MostSlices; i++)
        {
            var (compiled, began) = (JitInfo.GetCompilationTime(), Stopwatch.GetTimestamp());
            await side(slice);
            if (JitInfo.GetCompilationTime() - compiled < Settled * Stopwatch.GetElapsedTime(began))
            {
                return;
            }
        }
    }
}

/// <summary>A folder for one scenario, on a disk where "durable" means something, and gone at its end.</summary>
internal sealed class BenchFolder : IDisposable
{
    private readonly DirectoryInfo _folder;

    public BenchFolder()
    {
        const string OnDisk = "/var/tmp"; // Where /tmp lies in memory, a commit costs nothing and says nothing.
        var inMemory = OperatingSystem.IsLinux() && new DriveInfo(System.IO.Path.GetTempPath()) is { DriveFormat: "tmpfs" or "ramfs" };
        _folder = inMemory && Directory.Exists(OnDisk)
            ? Directory.CreateDirectory(System.IO.Path.Combine(OnDisk, $"infolink-bench-{System.IO.Path.GetRandomFileName()}"))
            : Directory.CreateTempSubdirectory("infolink-bench-");
    }

    public string FullPath => _folder.FullName;

    public string Path(params string[] parts) => System.IO.Path.Combine([FullPath, .. parts]);

    public void Dispose() => _folder.Delete(recursive: true);
}
