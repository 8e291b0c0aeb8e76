namespace InfoLink.Agent.Backup;

/// <summary>A copy that its owner alone reads from its first byte on, whoever may enter the folder.</summary>
internal static class OwnersCopy
{
    /// <exception cref="IOException">The file is there already, or cannot be made.</exception>
    public static async Task MakeAsync(string from, string to, CancellationToken cancellation)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using var source = File.OpenRead(from);
        await using var copy = new FileStream(to, options);
        await source.CopyToAsync(copy, cancellation);
        copy.Flush(flushToDisk: true);
    }
}
