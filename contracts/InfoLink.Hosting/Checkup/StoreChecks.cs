using InfoLink.Transparency.Postgres;

namespace InfoLink.Hosting.Checkup;

/// <summary>Where records and other state lie: can they be written, and does what is written stay?</summary>
public static class StoreChecks
{
    private const long Gibibyte = 1024L * 1024 * 1024;
    private const long LittleSpace = 2 * Gibibyte;
    private const long NoSpace = Gibibyte / 8;

    /// <summary>File systems that forget, and such on which locks and commits are not what SQLite takes them for.</summary>
    private static readonly string[] Forgetting = ["tmpfs", "ramfs"];
    private static readonly string[] Remote = ["nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "9p", "fuse.sshfs"];

    /// <summary>The folder of a party's databases.</summary>
    public static IEnumerable<Check> OfFolder(string folder)
    {
        if (!Directory.Exists(folder))
        {
            yield return new Check("data folder", CheckState.Attention, $"'{folder}' is not there yet.", "It is made at the first start.");
            yield break;
        }

        yield return Writable(folder);
        var drive = new DriveInfo(Path.GetFullPath(folder));
        var free = drive.AvailableFreeSpace;
        var found = FormattableString.Invariant($"{(double)free / Gibibyte:0.0} GiB free at '{folder}' ({drive.DriveFormat})");
        yield return free < NoSpace ? new Check("disk", CheckState.Wrong, $"{found}: soon no record can be written, and then nothing is approved or answered.", "Make room.")
            : free < LittleSpace ? new Check("disk", CheckState.Attention, $"{found}. When it is full, nothing is approved or answered.", "Make room.")
            : Forgetting.Contains(drive.DriveFormat, StringComparer.OrdinalIgnoreCase) ? new Check("disk", CheckState.Attention, $"{found}: this file system forgets everything at the next restart, records included.", "Put the folder on a disk.")
            : Remote.Contains(drive.DriveFormat, StringComparer.OrdinalIgnoreCase) ? new Check("disk", CheckState.Attention, $"{found}: over a network neither locks nor commits are sure.", "Put the folder on a disk of this host, or take PostgreSQL.")
            : new Check("disk", CheckState.Ok, found);
    }

    /// <summary>SQLite files: the programs commit with <c>synchronous=FULL</c> in write-ahead mode, which the file itself remembers.</summary>
    public static IEnumerable<Check> OfSqlite(IEnumerable<string> files)
    {
        foreach (var file in files.Where(File.Exists))
        {
            yield return OfSqlite(file);
        }
    }

    public static async Task<IEnumerable<Check>> OfPostgresAsync(string connection, CancellationToken cancellation)
    {
        try
        {
            return OfPostgres(await PostgresSettings.ReadAsync(connection, cancellation));
        }
        catch (InvalidOperationException fault)
        {
            return [new Check("PostgreSQL", CheckState.Wrong, fault.Message, "Start it, or correct 'postgres' (host, user, password file, pg_hba.conf). Until then nothing is approved or answered.")];
        }
    }

    /// <summary>What a server's settings mean for records that must survive loss of power.</summary>
    public static IEnumerable<Check> OfPostgres(PostgresSettings server)
    {
        const int Oldest = 140_000;
        List<Check> bad = [];
        if (server.Version < Oldest)
        {
            bad.Add(new Check("PostgreSQL", CheckState.Wrong, $"It is version {server.Version / 10_000}.", "Take 14 or later."));
        }

        if (server.IsStandby)
        {
            bad.Add(new Check("PostgreSQL", CheckState.Wrong, "The connection leads to a standby, which writes nothing.", "Let 'postgres' lead to the primary (Target Session Attributes=primary)."));
        }

        foreach (var (name, value) in (IEnumerable<(string, string)>)[("fsync", server.Fsync), ("full_page_writes", server.FullPageWrites)])
        {
            if (!string.Equals(value, "on", StringComparison.Ordinal))
            {
                bad.Add(new Check("PostgreSQL", CheckState.Wrong, $"{name} is {value}: a loss of power loses records that were promised, or the whole database.", $"ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf();"));
            }
        }

        if (server.SynchronousCommit is not ("on" or "remote_apply"))
        {
            bad.Add(new Check("PostgreSQL", CheckState.Attention, $"synchronous_commit is {server.SynchronousCommit} by default; the programs set it on for themselves, other tools on this database do not.", "ALTER SYSTEM SET synchronous_commit = on; SELECT pg_reload_conf();"));
        }

        if (server.Standbys > 0 && server.SynchronousStandbys == 0)
        {
            bad.Add(new Check("PostgreSQL", CheckState.Wrong, $"{server.Standbys} standbys follow, none of them synchronously: after a failover records are missing and spent tokens could be spent again.", "Set synchronous_standby_names, e.g. 'ANY 1 (*)', and reload."));
        }
        else if (server.Standbys == 0 && server.SynchronousStandbyNames.Length > 0)
        {
            bad.Add(new Check("PostgreSQL", CheckState.Wrong, "synchronous_standby_names is set and no standby follows: every commit waits, and nothing is approved or answered.", "Bring a standby back, or empty synchronous_standby_names and reload."));
        }

        return bad.Count > 0 ? bad : [new Check("PostgreSQL", CheckState.Ok, $"version {server.Version / 10_000}, commits reach the disk{(server.SynchronousStandbys > 0 ? $" and {server.SynchronousStandbys} synchronous standby" : "")}")];
    }

    private static Check OfSqlite(string file)
    {
        var name = Path.GetFileName(file);
        try
        {
            // In a process of its own: closing this lets go of every lock that the process has on the file, SQLite's too.
            using var open = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            Span<byte> header = stackalloc byte[20];
            if (open.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length || !header[..15].SequenceEqual("SQLite format 3"u8))
            {
                return new Check(name, CheckState.Wrong, $"'{file}' is no SQLite database.", "Put the right file back. Never an older one: see 'data' in the configuration.");
            }

            const byte WriteAhead = 2; // File format, write and read version, offsets 18 and 19.
            return header[18] == WriteAhead && header[19] == WriteAhead
                ? new Check(name, CheckState.Ok, "writable, write-ahead log; committed with synchronous=FULL")
                : new Check(name, CheckState.Attention, $"'{file}' is not in write-ahead mode.", "Another program has changed that; the next start sets it right. Let no other program write this file.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return new Check(name, CheckState.Wrong, $"'{file}' cannot be written: {fault.Message}", "It must belong to the user that the program runs as (chown), on a file system that is not read-only.");
        }
    }

    private static Check Writable(string folder)
    {
        var trial = Path.Combine(folder, $".doctor-{Environment.ProcessId}");
        try
        {
            using (var file = new FileStream(trial, FileMode.Create, FileAccess.Write))
            {
                file.WriteByte(1);
                file.Flush(flushToDisk: true);
            }

            File.Delete(trial);
            return new Check("data folder", CheckState.Ok, $"'{folder}' can be written");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return new Check("data folder", CheckState.Wrong, $"'{folder}' cannot be written: {fault.Message}", "It must belong to the user that the program runs as (chown), on a file system that is neither full nor read-only.");
        }
    }
}
