using Microsoft.Data.Sqlite;

namespace InfoLink.Samples.Registry.Keeping;

public sealed partial class Register
{
    /// <summary>So many are normalised side by side and written together.</summary>
    private const int Portion = 4_000;

    /// <summary>
    /// Makes a register of many people at once. The file appears under its name when it is whole; without journal and waiting for the disk until then, since a run that is broken off is begun
    /// anew.
    /// </summary>
    /// <param name="path">Of a file that is not there yet.</param>
    /// <param name="residents">Streamed.</param>
    /// <param name="written">Told how many are written, now and then.</param>
    /// <exception cref="InvalidOperationException">There is a file of this name.</exception>
    public static Register Make(string path, IEnumerable<Resident> residents, Action<long>? written = null)
    {
        if (File.Exists(path))
        {
            throw new InvalidOperationException($"'{path}' exists already, and a register is not overwritten. Take another name or move the file away.");
        }

        var making = path + ".making";
        File.Delete(making);
        using (var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = making, Pooling = false }.ToString()))
        {
            connection.Open();
            Run(connection, "PRAGMA page_size=8192; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-400000;");
            Run(connection, Schema.Tables);
            using (var transaction = connection.BeginTransaction())
            {
                Fill(connection, residents, written);
                transaction.Commit();
            }

            Run(connection, $"PRAGMA user_version={Schema.Version}; PRAGMA synchronous=FULL; PRAGMA journal_mode=WAL; PRAGMA wal_checkpoint(TRUNCATE);");
        }

        using (var file = File.OpenHandle(making, FileMode.Open, FileAccess.ReadWrite))
        {
            RandomAccess.FlushToDisk(file);
        }

        File.Move(making, path);
        return Open(path);
    }

    /// <summary>Makes all digests anew: needed when normal forms have changed since the register was made, or people are not found who stand in it.</summary>
    public void Reindex()
    {
        lock (_writing)
        {
            using var connection = Connect();
            using var transaction = connection.BeginTransaction();
            Run(connection, "DELETE FROM block");
            using var entering = new Entering(connection);
            using var states = connection.CreateCommand();
            states.CommandText = $"SELECT id, 0, {Rows.Attributes} FROM resident UNION ALL SELECT resident, place, {Rows.Attributes} FROM former";
            using var row = states.ExecuteReader();
            while (row.Read())
            {
                entering.Digests(row.GetInt64(0), row.GetInt32(1), Entering.DigestsOf(Rows.ReadAttributes(row, 2)));
            }

            transaction.Commit();
        }
    }

    private static void Fill(SqliteConnection connection, IEnumerable<Resident> residents, Action<long>? written)
    {
        using var entering = new Entering(connection);
        var count = 0L;
        foreach (var portion in residents.Chunk(Portion))
        {
            var digests = new IReadOnlyList<long[]>[portion.Length];
            Parallel.For(0, portion.Length, i => digests[i] = Entering.DigestsOf(portion[i]));
            for (var i = 0; i < portion.Length; i++)
            {
                entering.Resident(portion[i], digests[i]);
            }

            written?.Invoke(count += portion.Length);
        }
    }
}
