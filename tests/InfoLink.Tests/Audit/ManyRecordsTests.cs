using Xunit;

namespace InfoLink.Tests.Audit;

/// <summary>Memory does not grow with the number of records.</summary>
public sealed class ManyRecordsTests
{
    [Fact]
    public async Task Many_exchanges_are_reconciled_in_bounded_memory()
    {
        // 28,600 exchanges make 200,000 records; a small world shows growth too, where nobody waits for it.
        var exchanges = int.TryParse(Environment.GetEnvironmentVariable("INFOLINK_MANY_EXCHANGES"), out var many) ? many : 3_000;
        await using var world = await AuditedWorld.OpenAsync();
        for (var done = 0; done < exchanges; done += 500)
        {
            await world.WriteAsync(Enumerable.Range(0, 500).SelectMany(_ => world.Honest(persons: 1)).ToList());
        }

        var folders = await world.ExportAsync();
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        long most = 0;
        using var timer = new Timer(_ => most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: false)), null, 0, 50);
        var report = await world.ReconcileAsync(folders.Values);

        Assert.Empty(report.Counts);
        Assert.True(report.Exchanges >= exchanges);
        var left = GC.GetTotalMemory(forceFullCollection: true);
        TestContext.Current.TestOutputHelper?.WriteLine($"{report.Records} records; heap {before / 1024} KiB before, {most / 1024} KiB at most, {left / 1024} KiB after");
        Assert.True(left - before < 16 * 1024 * 1024, "The report holds on to the records.");
        Assert.True(most - before < 256 * 1024 * 1024, "The heap grew with the records.");
    }
}
