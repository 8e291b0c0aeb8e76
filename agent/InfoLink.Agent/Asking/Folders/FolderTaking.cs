using System.Security.Cryptography;
using System.Text;
using InfoLink.Contracts.Identity;

namespace InfoLink.Agent.Asking.Folders;

/// <summary>
/// Takes files that are whole out of <c>in</c>, each once: renamed into the agent's own <c>work</c>, where nobody else reaches it; looked at; copied, because whoever wrote it may write on; and only then asked about. What
/// cannot be is put into <c>failed</c> with the reason, which stands there first.
/// </summary>
internal sealed class FolderTaking(FolderOptions options, FolderPlaces places, BulkAsking bulk, TimeProvider time)
{
    private const string CopyPrefix = "c.";
    private const string MarkerPrefix = "m.";
    private const int MostLookedAt = 10_000;
    private const int BlockSize = 128 * 1024;
    private readonly Dictionary<string, (Stamp Stamp, long Since)> _seen = new(StringComparer.Ordinal);

    private long MostBytes => options.MostMegabytes * 1024L * 1024;

    /// <summary>What was taken and not ended, in the order of the names.</summary>
    public IReadOnlyList<FolderFile> Questions() => [.. Directory.EnumerateFiles(places.Work, "q.*").Select(path => FolderFile.TryRead(Path.GetFileName(path))).OfType<FolderFile>().OrderBy(file => file.Name, StringComparer.Ordinal)];

    /// <summary>First what a stop left half taken, then as much of <c>in</c> as there is room for.</summary>
    /// <returns>How many could not be taken now; they stay.</returns>
    public async Task<int> TakeAsync(CancellationToken cancellation)
    {
        var left = await TryAsync(() =>
        {
            PutMarkersBack();
            return Task.CompletedTask;
        });
        foreach (var path in Directory.EnumerateFileSystemEntries(places.Work, FolderFile.TakenPrefix + "*").Order(StringComparer.Ordinal).ToList())
        {
            left += await TryAsync(() => AcceptAsync(Path.GetFileName(path)[FolderFile.TakenPrefix.Length..], cancellation));
        }

        var there = Directory.EnumerateFileSystemEntries(places.In).Select(path => Path.GetFileName(path)!).Where(name => !FolderFile.IsPassedOver(name, options.Marker)).Take(MostLookedAt).Order(StringComparer.Ordinal).ToList();
        foreach (var gone in _seen.Keys.Except(there, StringComparer.Ordinal).ToList())
        {
            _seen.Remove(gone);
        }

        foreach (var name in there.Where(IsWhole).ToList())
        {
            cancellation.ThrowIfCancellationRequested();
            var asked = Questions();
            if (asked.Count >= options.AtOnce)
            {
                break;
            }

            if (asked.Any(file => string.Equals(file.Name, name, StringComparison.Ordinal)) || !FolderPlaces.IsFree(places.Work, FolderFile.TakenPrefix + name))
            {
                continue; // One of this name is under way.
            }

            left += await TryAsync(async () =>
            {
                if (FolderFile.WhyNotName(name) is { } wrong)
                {
                    if (options.Marker.Length > 0)
                    {
                        File.Delete(Path.Combine(places.In, name + options.Marker));
                    }

                    Fail(Path.Combine(places.In, name), $"unnamed-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..16]}", wrong);
                    return;
                }

                // Out of everybody's reach, and taken once; its marker first, or it would vouch for the next file of the name.
                if (options.Marker.Length > 0)
                {
                    File.Move(Path.Combine(places.In, name + options.Marker), MarkerOf(name), overwrite: true);
                }

                FolderPlaces.Move(Path.Combine(places.In, name), Path.Combine(places.Work, FolderFile.TakenPrefix + name));
                await AcceptAsync(name, cancellation);
            });
        }

        return left;
    }

    /// <summary>Puts a file into <c>failed</c>; the reason, which names nobody, is there before it.</summary>
    /// <param name="path">The file, link or folder.</param>
    /// <param name="name">As the system named it.</param>
    /// <param name="why">Cause and way out.</param>
    public void Fail(string path, string name, string why)
    {
        var shown = FolderPlaces.IsFree(places.Failed, name) && FolderPlaces.IsFree(places.Failed, $"{name}.error.txt") ? name : $"{time.GetUtcNow():yyyyMMddHHmmssfff}.{name}";
        var written = Path.Combine(places.Failed, $".{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.tmp");
        using (var file = KeyFile.CreateNew(written))
        {
            file.Write(Encoding.UTF8.GetBytes($"このファイルは処理できません。理由を直し、もう一度 in に置いてください。\nThis file cannot be worked on. Mend what is wrong and put it into 'in' again.\n\n{why}\n"));
            file.Flush(flushToDisk: true);
        }

        FolderPlaces.SetMode(written, options.GroupReads);
        File.Move(written, Path.Combine(places.Failed, $"{shown}.error.txt"), overwrite: true);
        FolderPlaces.Move(path, Path.Combine(places.Failed, shown));
    }

    /// <summary>Whole: with its marker, or unchanged for long enough.</summary>
    private bool IsWhole(string name)
    {
        if (options.Marker.Length > 0)
        {
            return File.Exists(Path.Combine(places.In, name + options.Marker));
        }

        if (Stamp.Of(Path.Combine(places.In, name)) is not { } stamp)
        {
            return false;
        }

        var now = time.GetTimestamp();
        if (!_seen.TryGetValue(name, out var known) || known.Stamp != stamp)
        {
            _seen[name] = known = (stamp, now);
        }

        return time.GetElapsedTime(known.Since, now) >= TimeSpan.FromSeconds(options.QuietSeconds);
    }

    /// <summary>What was taken becomes a question, or stands in <c>failed</c>.</summary>
    private async Task AcceptAsync(string name, CancellationToken cancellation)
    {
        var taken = Path.Combine(places.Work, FolderFile.TakenPrefix + name);
        var before = Stamp.Of(taken);
        if (WhyNotRead(before) is { } not)
        {
            FailTaken(taken, name, not);
            return;
        }

        var copy = Path.Combine(places.Work, CopyPrefix + name);
        File.Delete(copy);
        byte[]? digest;
        try
        {
            digest = await CopyAsync(taken, copy, cancellation);
        }
        catch (UnauthorizedAccessException)
        {
            FailTaken(taken, name, "the agent's user may not read it. Let the system write files that the folder's group can read.");
            return;
        }

        if (digest is null || Stamp.Of(taken) != before)
        {
            File.Delete(copy);
            if (FolderPlaces.IsFree(places.In, name))
            {
                File.Move(taken, Path.Combine(places.In, name)); // Somebody writes on: it was not whole.
                _seen.Remove(name);
                PutMarkersBack();
            }

            return;
        }

        var file = FolderFile.Of(name, digest);
        if (FolderPlaces.IsFree(places.Work, file.Question))
        {
            if (await bulk.FindAsync(file.Job(options.Name), cancellation) is { } known)
            {
                File.Delete(copy);
                FailTaken(taken, name, $"this very file was asked about as the job '{known.Name}', begun {known.Begun:yyyy-MM-dd HH:mm} UTC{(known.Ended is null ? " and not ended" : "")}. Nobody is asked twice by mistake: to ask again, give it another name.");
                return;
            }

            File.Move(copy, Path.Combine(places.Work, file.Question));
        }

        File.Delete(copy);
        File.Delete(MarkerOf(name));
        File.Delete(taken);
    }

    /// <summary>A marker is gone before its file is: one that were left would vouch for the next file of the name.</summary>
    private void FailTaken(string taken, string name, string why)
    {
        File.Delete(MarkerOf(name));
        Fail(taken, name, why);
    }

    /// <summary>Of files that were put back, or that a stop left in <c>in</c> after their markers were taken.</summary>
    private void PutMarkersBack()
    {
        foreach (var kept in Directory.EnumerateFiles(places.Work, MarkerPrefix + "*").ToList())
        {
            var name = Path.GetFileName(kept)[MarkerPrefix.Length..];
            if (!FolderPlaces.IsFree(places.Work, FolderFile.TakenPrefix + name))
            {
                continue; // With its file, which is under way.
            }

            if (options.Marker.Length > 0 && !FolderPlaces.IsFree(places.In, name) && FolderPlaces.IsFree(places.In, name + options.Marker))
            {
                File.Move(kept, Path.Combine(places.In, name + options.Marker));
            }
            else
            {
                File.Delete(kept);
            }
        }
    }

    private string MarkerOf(string name) => Path.Combine(places.Work, MarkerPrefix + name);

    /// <summary>A pipe or device has no length, and is never opened.</summary>
    private string? WhyNotRead(Stamp? stamp) => stamp switch
    {
        null => "it cannot be looked at.",
        { IsLink: true } => "it is a symbolic link. Put the file itself.",
        { IsFolder: true } => "it is a folder. Put files.",
        { Length: 0 } => "it is empty, or no file at all.",
        { Length: var length } when length > MostBytes => $"it is larger than {options.MostMegabytes} megabytes. Divide it, or raise mostMegabytes in agent.json.",
        _ => null,
    };

    /// <returns>The SHA-256 of what was copied; null where it has grown beyond what may be.</returns>
    private async Task<byte[]?> CopyAsync(string from, string to, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var source = new FileStream(from, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.ReadWrite | FileShare.Delete, Options = FileOptions.SequentialScan | FileOptions.Asynchronous });
        await using var copy = KeyFile.CreateNew(to);
        var block = new byte[BlockSize];
        long all = 0;
        for (int read; (read = await source.ReadAsync(block, cancellation)) > 0;)
        {
            if ((all += read) > MostBytes)
            {
                return null;
            }

            hash.AppendData(block, 0, read);
            await copy.WriteAsync(block.AsMemory(0, read), cancellation);
        }

        copy.Flush(flushToDisk: true);
        return hash.GetHashAndReset();
    }

    /// <summary>One file that the file system does not give costs no other.</summary>
    private static async Task<int> TryAsync(Func<Task> take)
    {
        try
        {
            await take();
            return 0;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return 1;
        }
    }

    /// <summary>What a file looks like from outside; not opened, and links not followed.</summary>
    private readonly record struct Stamp(bool IsLink, bool IsFolder, long Length, DateTime Written)
    {
        public static Stamp? Of(string path)
        {
            var file = new FileInfo(path);
            if (file.LinkTarget is not null)
            {
                return new Stamp(IsLink: true, IsFolder: false, Length: 0, default);
            }

            return Directory.Exists(path) ? new Stamp(IsLink: false, IsFolder: true, Length: 0, default)
                : file.Exists ? new Stamp(IsLink: false, IsFolder: false, file.Length, file.LastWriteTimeUtc)
                : null;
        }
    }
}
