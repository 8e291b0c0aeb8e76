using System.Globalization;
using System.Text;
using Dapper;
using InfoLink.Agent.Asking;
using InfoLink.Agent.Ledger;
using InfoLink.Agent.Links;
using InfoLink.Agent.Manual;
using InfoLink.Agent.People.Releasing;
using InfoLink.Agent.Remedy;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Sources.Replicas;
using InfoLink.Tests.EndToEnd;
using InfoLink.Transparency.Sqlite;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Upgrading;

/// <summary>
/// Every version of every file of an agent's is kept, as SQL, in <c>stores/NAME-VERSION.sql</c>: each is opened by this program, becomes what a new one is, and holds what it held. Who changes a file adds a version and its step,
/// and keeps the new one by running these tests once with INFOLINK_KEEP_STORES=1; what is kept is never changed.
/// </summary>
public sealed class EarlierStoresTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private int _made;

    private static readonly Dictionary<string, Func<string, Task>> Openings = new(StringComparer.Ordinal)
    {
        ["access-log"] = async path => await SqliteEntryStore.Open(path, "test").DisposeAsync(),
        ["asking"] = path => Done(AskJobs.Open(path, TimeProvider.System)),
        ["ledger"] = OpenLedgerAsync,
        ["links"] = path => Done(LinkTable.Open(path)),
        ["pending"] = path => Done(PendingStore.Open(path)),
        ["queue"] = path => Done(QueueStore.Open(path)),
        ["release"] = path => Done(ReleaseStore.Open(path)),
        ["remedy"] = path => Done(RemedyStore.Open(path)),
        ["replica"] = path => Done(ReplicaStore.Open(path)),
        ["witness"] = async path => await Done(SqliteWitnessStore.Open(path)),
    };

    public static TheoryData<string> Names => [.. Openings.Keys];

    /// <summary>Each kept version: name and version.</summary>
    public static TheoryData<string, int> Kept => new(Directory.GetFiles(Folder, "*.sql").Order(StringComparer.Ordinal)
        .Select(file => Path.GetFileNameWithoutExtension(file)).Select(name => (name[..name.LastIndexOf('-')], int.Parse(name[(name.LastIndexOf('-') + 1)..], CultureInfo.InvariantCulture))));

    private static string Folder => RepositoryRoot.Path("tests", "InfoLink.Tests", "Upgrading", "stores");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_new_file_is_what_is_kept_of_its_version(string name)
    {
        var (sql, version) = await NewAsync(name);
        var kept = Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"{name}-{version}.sql"));
        if (Environment.GetEnvironmentVariable("INFOLINK_KEEP_STORES") is "1" && !File.Exists(kept))
        {
            await File.WriteAllTextAsync(kept, sql);
        }

        Assert.True(File.Exists(kept), $"Version {version} of {name} is not kept. Run these tests once with INFOLINK_KEEP_STORES=1, and commit what it wrote.");
        Assert.True(
            string.Equals(await File.ReadAllTextAsync(kept), sql, StringComparison.Ordinal),
            $"Tables of {name} have changed and its version has not: files that there are would stay as they are. Add a step to it, which makes a version of its own.\n{sql}");
    }

    [Theory]
    [MemberData(nameof(Kept))]
    public async Task A_file_of_any_version_becomes_what_a_new_one_is_and_holds_what_it_held(string name, int version)
    {
        var path = await EarlierAsync(name, version);
        var before = Rows(path);
        await Openings[name](path);
        await Openings[name](path); // Once is enough.
        Assert.Equal(Shape(await NewPathAsync(name)), Shape(path));
        var after = Rows(path);
        Assert.All(before.Where(table => after.ContainsKey(table.Key)), table => Assert.Equal(table.Value, after[table.Key].Where(cell => table.Value.ContainsKey(cell.Key)).ToDictionary(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task A_file_of_a_later_version_is_left_alone()
    {
        foreach (var name in Openings.Keys.Where(name => name is not ("witness" or "access-log" or "ledger"))) // Those have versions of their own, and tests.
        {
            var path = await NewPathAsync(name);
            using (var file = Connect(path))
            {
                file.Execute("PRAGMA user_version = 99");
            }

            Assert.Contains("of version 99", (await Assert.ThrowsAsync<InvalidOperationException>(() => Openings[name](path))).Message, StringComparison.Ordinal);
        }
    }

    private static async Task OpenLedgerAsync(string path)
    {
        await using var ledger = new SqliteSpentStore(path);
        await ledger.OpenAsync(TimeProvider.System, CancellationToken.None);
    }

    private static async Task Done(object store)
    {
        await ((store as IAsyncDisposable)?.DisposeAsync() ?? ValueTask.CompletedTask);
        (store as IDisposable)?.Dispose();
    }

    private async Task<string> NewPathAsync(string name)
    {
        var path = _folder.Path(string.Create(CultureInfo.InvariantCulture, $"{name}-new-{_made++}.db"));
        if (name is "ledger")
        {
            SqliteSpentStore.CreateWithIdentity(path, TimeProvider.System);
        }

        await Openings[name](path);
        return path;
    }

    private async Task<(string Sql, int Version)> NewAsync(string name)
    {
        using var file = Connect(await NewPathAsync(name));
        var version = VersionIn(file);
        var text = new StringBuilder();
        foreach (var sql in file.Query<string>("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"))
        {
            text.Append(sql).Append(";\n");
        }

        return (text.Append(CultureInfo.InvariantCulture, $"PRAGMA user_version = {file.QuerySingle<int>("PRAGMA user_version")};\n").ToString(), version);
    }

    /// <summary>Where a file says its version: in a table of its own, or in its head.</summary>
    private static int VersionIn(SqliteConnection file)
    {
        var tables = file.Query<string>("SELECT name FROM sqlite_master WHERE type = 'table'").ToList();
        return tables.Contains("log_schema") ? file.QuerySingle<int>("SELECT version FROM log_schema")
            : tables.Contains("ledger") ? file.QuerySingle<int>("SELECT schema_version FROM ledger")
            : Math.Max(1, file.QuerySingle<int>("PRAGMA user_version"));
    }

    /// <summary>A file as a program of that version left it, with a row in each table.</summary>
    private async Task<string> EarlierAsync(string name, int version)
    {
        var path = _folder.Path($"{name}-{version}.db");
        using var file = Connect(path);
        file.Execute(await File.ReadAllTextAsync(Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"{name}-{version}.sql"))));
        foreach (var table in Tables(file))
        {
            var columns = Columns(file, table);
            var cells = columns.Select(column => (table, column.Name, column.Type) switch
            {
                ("log_schema", "version", _) or ("ledger", "schema_version", _) => version.ToString(CultureInfo.InvariantCulture),
                ("log", "origin", _) => "'test'",
                ("log", "size", _) => "0",
                (_, "id", "INTEGER") => "1",
                (_, _, "BLOB") => "x'" + new string('A', 64) + "'",
                (_, _, "TEXT") => $"'{column.Name}'",
                _ => "3",
            });
            file.Execute($"INSERT INTO {table}({string.Join(", ", columns.Select(column => column.Name))}) VALUES ({string.Join(", ", cells)})");
        }

        return path;
    }

    /// <summary>Table → column → what stands in its row; without its version, and without the ledger's opening, which is made anew in a file of another place.</summary>
    private static Dictionary<string, Dictionary<string, string>> Rows(string path)
    {
        using var file = Connect(path);
        var rows = new Dictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        foreach (var table in Tables(file).Where(table => table is not ("log_schema" or "ledger" or "opening")))
        {
            if (file.QuerySingleOrDefault($"SELECT * FROM {table}") is not IDictionary<string, object?> row)
            {
                continue;
            }

            rows[table] = row.ToDictionary(cell => cell.Key, cell => cell.Value is byte[] bytes ? Convert.ToHexString(bytes) : $"{cell.Value}", StringComparer.Ordinal);
        }

        return rows;
    }

    /// <summary>What matters of its tables, however they came about.</summary>
    private static List<string> Shape(string path)
    {
        using var file = Connect(path);
        var shape = new List<string>();
        foreach (var table in Tables(file))
        {
            shape.AddRange(Columns(file, table).Select(column => $"{table}.{column.Name} {column.Type} {column.NotNull} {column.Default} {column.Key}"));
            foreach (var (index, unique) in file.Query<(string, bool)>($"SELECT name, \"unique\" FROM pragma_index_list('{table}')"))
            {
                var of = file.Query<string>($"SELECT name FROM pragma_index_info('{index}')");
                var where = file.QuerySingleOrDefault<string?>("SELECT sql FROM sqlite_master WHERE name = @index", new { index })?.Split(" WHERE ").ElementAtOrDefault(1);
                shape.Add($"{table}({string.Join(", ", of)}) {unique} {where}");
            }
        }

        shape.AddRange(file.Query<string>("SELECT 'trigger ' || name FROM sqlite_master WHERE type = 'trigger'"));
        shape.Add($"version {VersionIn(file)}");
        return [.. shape.Order(StringComparer.Ordinal)];
    }

    private static List<string> Tables(SqliteConnection file) => [.. file.Query<string>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")];

    private static List<Column> Columns(SqliteConnection file, string table) => [.. file.Query<Column>(
        $"""SELECT name AS Name, type AS Type, "notnull" AS "NotNull", coalesce(dflt_value, '') AS "Default", pk AS Key FROM pragma_table_info('{table}')""")];

    private static SqliteConnection Connect(string path)
    {
        var file = new SqliteConnection($"Data Source={path};Pooling=false");
        file.Open();
        return file;
    }

    private sealed record Column(string Name, string Type, long NotNull, string Default, long Key);
}
