using System.Diagnostics;

namespace InfoLink.Tests.Fixtures;

/// <summary>Reads and copies files of SQLite databases that this process has open, through a process of its own.</summary>
/// <remarks>
/// SQLite's locks belong to the process, and closing any handle on the file lets go of all of them (sqlite.org, How To Corrupt An SQLite
/// Database File, 2.2). The next process that opens the database then takes it for abandoned and truncates the index that this one has
/// mapped into its memory: a bus error ends the tests.
/// </remarks>
internal static class FilesInUse
{
    private const int Looks = 20;

    /// <summary>What the files hold at one time: where one went away meanwhile (the last connection closed, and its log went into the database), all are read again.</summary>
    /// <returns>By path.</returns>
    public static IReadOnlyDictionary<string, byte[]> ReadAll(Func<IEnumerable<string>> files)
    {
        for (var look = 1; ; look++)
        {
            try
            {
                return files().ToDictionary(file => file, file => IsOfSqlite(file) ? Read(file) : File.ReadAllBytes(file), StringComparer.Ordinal);
            }
            catch (IOException) when (look < Looks)
            {
                // Again.
            }
        }
    }

    public static byte[] Read(string path)
    {
        using var cat = Process.Start(new ProcessStartInfo("cat", [path]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        using var bytes = new MemoryStream();
        cat.StandardOutput.BaseStream.CopyTo(bytes);
        Ended(cat);
        return bytes.ToArray();
    }

    public static void Copy(string from, string to)
    {
        using var cp = Process.Start(new ProcessStartInfo("cp", [from, to]) { UseShellExecute = false })!;
        Ended(cp);
    }

    /// <summary>Whether the file is one of a SQLite database: itself, its write-ahead log, or the index of that.</summary>
    public static bool IsOfSqlite(string path) => Path.GetExtension(path) is ".db" or ".db-wal" or ".db-shm";

    private static void Ended(Process process)
    {
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new IOException($"'{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)}' ended with {process.ExitCode}.");
        }
    }
}
