using InfoLink.Contracts.Identity;

namespace InfoLink.Agent.Backup;

/// <summary>A copy that its owner alone reads from its first byte on, whoever may enter the folder.</summary>
internal static class OwnersCopy
{
    /// <exception cref="IOException">The file is there already, or cannot be made.</exception>
    public static async Task MakeAsync(string from, string to, CancellationToken cancellation)
    {
        await using var source = File.OpenRead(from);
        await using var copy = KeyFile.CreateNew(to);
        await source.CopyToAsync(copy, cancellation);
        copy.Flush(flushToDisk: true);
    }
}
