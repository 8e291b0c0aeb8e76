namespace InfoLink.Agent.Asking;

/// <summary>
/// The results, which only grow. What was appended is on disk before the job's place moves on; on the way back, what stands behind the place is cut off: it is asked again, and no line stands twice.
/// </summary>
internal sealed class ResultFile : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly FileStream _file;

    private ResultFile(FileStream file) => _file = file;

    /// <summary>A new file, with its heading on disk; or the one that a crash left before anything but the heading was written.</summary>
    /// <exception cref="IOException">There is a file already, or it cannot be made.</exception>
    public static ResultFile Create(string path, byte[] heading)
    {
        var file = Open(path, FileMode.OpenOrCreate);
        try
        {
            var there = new byte[Math.Min(file.Length, heading.Length + 1)];
            file.ReadExactly(there);
            if (!heading.AsSpan().StartsWith(there))
            {
                throw new IOException($"There is a file '{path}' already, and nothing is overwritten. Name another, or take it away.");
            }

            file.SetLength(0);
            var created = new ResultFile(file);
            created.Append(heading);
            return created;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <exception cref="InvalidOperationException">It holds less than the job has written.</exception>
    /// <exception cref="IOException">It is not there, or somebody else writes it.</exception>
    public static ResultFile GoOn(string path, long written)
    {
        var file = Open(path, FileMode.Open);
        if (file.Length < written)
        {
            file.Dispose();
            throw new InvalidOperationException($"'{path}' is shorter than what this job has written: it was changed or put back. Begin a new job under another name.");
        }

        file.SetLength(written);
        file.Seek(0, SeekOrigin.End);
        return new ResultFile(file);
    }

    /// <returns>How long the file is now, durably.</returns>
    public long Append(byte[] lines)
    {
        _file.Write(lines);
        _file.Flush(flushToDisk: true);
        return _file.Length;
    }

    public void Dispose() => _file.Dispose();

    private static FileStream Open(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows() && mode == FileMode.OpenOrCreate)
        {
            options.UnixCreateMode = OwnerOnly;
        }

        var file = new FileStream(path, options);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file.SafeFileHandle, OwnerOnly); // Also where somebody had made it empty, or has opened it to others since.
        }

        return file;
    }
}
