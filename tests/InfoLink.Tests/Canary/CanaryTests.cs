using System.Text;
using InfoLink.Broker.AccessLog;
using InfoLink.Contracts.Identity;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Canary;

/// <summary>
/// The privacy table (contracts/PRIVACY.md) against what is really there: a network of processes in which every person is marked goes through answers, refusals and
/// crashes; then everything that it wrote, sent, logged, traced and holds in memory is searched for every mark in every form.
/// </summary>
public sealed class CanaryTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Marked_values_are_only_where_the_privacy_table_has_them()
    {
        await using var world = await CanaryWorld.StartAsync(onPostgres: false, CanaryRun.Parts);
        var table = new PrivacyTable(world.People.SelectMany(person => person.Marks()));
        foreach (var party in (string[])[.. Institutions.Names, Institutions.ClerkOf(NetworkFolder.Requester)])
        {
            await LookIntoMemoryAsync(world, table, world.Institutions.Parties[party]);
        }

        await world.StartAgentsAsync();
        var run = new CanaryRun(world);
        await run.AnswersAsync();
        var people = new PeopleAtWork(world);
        await people.WorkAsync();
        await run.FreezeAsync();
        await LookIntoMemoryAsync(world, table, world.Broker, "memory, while it works", busy: true);
        await run.RefusalsAsync();
        var redis = await RedisAsync(world);
        await run.KillsAsync();
        await people.KillsAsync();
        await run.RedisDiesAsync();
        await run.RotateAsync();
        await run.ToolsAsync();
        await run.DropAsync();
        foreach (var party in world.Agents.Values.Prepend(world.Broker))
        {
            await LookIntoMemoryAsync(world, table, party, "memory", busy: false);
        }

        await world.StopAsync();
        Look(world, run, people, table, redis);
    }

    [Fact]
    public async Task Nor_elsewhere_in_PostgreSQL()
    {
        await using var world = await CanaryWorld.StartAsync(onPostgres: true, CanaryRun.Parts);
        var table = new PrivacyTable(world.People.SelectMany(person => person.Marks()));
        await world.StartAgentsAsync();
        var run = new CanaryRun(world);
        await run.AnswersAsync();
        var people = new PeopleAtWork(world);
        await people.WorkAsync();
        await run.RefusalsAsync();
        var redis = await RedisAsync(world);
        await run.ToolsAsync();
        await world.StopAsync();
        foreach (var (party, database) in world.Databases)
        {
            var name = database.Split(';').Single(part => part.StartsWith("Database=", StringComparison.Ordinal))["Database=".Length..];
            var dump = await world.Postgres!.RunAsync("pg_dump", name);
            table.Look(OfAgency(party, "pg_dump", [Place.Of("pg_dump", dump)]) with { Controls = ["COPY public."u8.ToArray()] });
            table.Look(OfAgency(party, "traffic, PostgreSQL", world.Traffic("postgres-" + party).Select(Place.OfFile)) with { Controls = ["INSERT"u8.ToArray()] });
        }

        // All databases in one folder, with what the tables no longer hold and the write-ahead log does: the agencies' own codes, numbers, and nothing else.
        var folder = (string)(await PostgresServer.ExecuteAsync(world.Postgres!.ConnectionString("postgres"), "SHOW data_directory"))!;
        await PostgresServer.ExecuteAsync(world.Postgres.ConnectionString("postgres"), "CHECKPOINT");
        await world.Postgres.KillAsync(); // Nothing of it moves any more, and everything lies where it lay.
        table.Look(Row.Of(
            "all", "PostgreSQL's files", Place.Below(folder), (Column.RequesterCode, Rule.Must), (Column.ProviderCode, Rule.Must), (Column.ThirdCode, Rule.Must), (Column.Number, Rule.Told)));
        Look(world, run, people, table, redis);
    }

    /// <summary>What Redis holds at its fullest: keys, values, files.</summary>
    private static async Task<IReadOnlyList<Place>> RedisAsync(CanaryWorld world)
    {
        await world.Redis.AskAsync("SAVE");
        var folder = Encoding.UTF8.GetString(await world.Redis.AskAsync("CONFIG", "GET", "dir")).Split("\r\n")[^2];
        return
        [
            Place.Of("keys and values", await world.Redis.DumpAsync()),
            Place.Of("slow log", await world.Redis.AskAsync("SLOWLOG", "GET", "-1")),
            .. Place.Below(folder).Select(file =>
            {
                using var stream = file.Open();
                var bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
                return Place.Of(file.Name, bytes);
            }),
        ];
    }

    private static async Task LookIntoMemoryAsync(CanaryWorld world, PrivacyTable table, Party party, string where, bool busy)
    {
        var work = busy
            ? Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => world.AskAsync(world[CanaryRun.Claimant].AtRequester))))
            : Task.CompletedTask;
        var dump = await party.DumpAsync(world.Path());
        await work;

        // Codes are computed in memory, and the runtime wipes none that it moved: they are counted and told.
        var rules = new List<(Column, Rule)>
        {
            (Column.IdCode, Rule.Told), (Column.RequesterCode, Rule.Told), (Column.ProviderCode, Rule.Told), (Column.ThirdCode, Rule.Told),
        };
        if (IdOf(party.Name) is { } id)
        {
            rules.AddRange([(id, Rule.Told), (Column.Value, party.Name is NetworkFolder.Bystander ? Rule.Never : Rule.Must)]);
        }

        if (party.Name is NetworkFolder.Provider)
        {
            // Its source reads pages of the existing system.
            rules.AddRange([(Column.Number, Rule.Told), (Column.BasicAttributes, Rule.Told)]);
        }
        else if (party.Name is NetworkFolder.Requester)
        {
            rules.AddRange([(Column.Number, Rule.Told), (Column.BasicAttributes, Rule.Told)]); // A number was answered to it, under the entry that may carry it; its own system is asked who somebody is.
        }

        // A sender's mistake lies in the memory of whoever was sent it until that is used again.
        table.Look(new Row(party.Name, where, [new Place(dump, () => File.OpenRead(dump))], rules.ToDictionary())
        {
            Passes = mark => mark.Person is CanaryRun.Mistyped && party.Name is not NetworkFolder.Bystander,
        });
        File.Delete(dump);
    }

    /// <summary>Whoever takes part in the giving of numbers and codes, when all is given: each has its own step in hand, and none the whole way.</summary>
    private static async Task LookIntoMemoryAsync(CanaryWorld world, PrivacyTable table, Party party)
    {
        var dump = await party.DumpAsync(world.Path());
        (Column, Rule)[] rules = party.Name switch
        {
            NetworkFolder.Registry => [(Column.BasicAttributes, Rule.Must), (Column.ResidentRecordCode, Rule.Must)],
            NetworkFolder.CodeAuthority => [(Column.ResidentRecordCode, Rule.Must), (Column.IdCode, Rule.Told)],
            NetworkFolder.Numbering => [(Column.ResidentRecordCode, Rule.Must), (Column.Number, Rule.Must)],
            _ => [(Column.BasicAttributes, Rule.Must), (Column.RequesterCode, Rule.Must), (Column.RequesterId, Rule.Must)],
        };
        table.Look(Row.Of(party.Name, "memory", [new Place(dump, () => File.OpenRead(dump))], rules));
        File.Delete(dump);
    }

    /// <summary>The registry knows who people are, the numbering authority their numbers and sealed record codes, the code authority nothing that lasts.</summary>
    private static void LookAtInstitutions(CanaryWorld world, PrivacyTable table)
    {
        var claimant = world[CanaryRun.Claimant];
        table.Look(Row.Of(
            NetworkFolder.Registry, "files", Files(NetworkFolder.Registry), (Column.BasicAttributes, Rule.Must), (Column.ResidentRecordCode, Rule.Told)) with
        {
            Controls = [AsColumn(claimant.RecordCode[..10])],
        });
        table.Look(Row.Of(NetworkFolder.CodeAuthority, "files", Files(NetworkFolder.CodeAuthority)) with { Controls = ["SQLite format 3"u8.ToArray()] });
        table.Look(Row.Of(NetworkFolder.Numbering, "files", Files(NetworkFolder.Numbering), (Column.Number, Rule.Told)) with
        {
            Controls = [world.Postgres is null ? AsColumn(claimant.Number[..11]) : "numbering-authority"u8.ToArray()],
        });

        IEnumerable<Place> Files(string institution) => Place.Below(world.Path("network", "institutions", institution));

        // As SQLite has an integer of that size: four bytes, or six.
        static byte[] AsColumn(string digits)
        {
            var bytes = new byte[8];
            var number = long.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, number);
            return number <= int.MaxValue ? bytes[4..] : bytes[2..];
        }
    }

    private void Look(CanaryWorld world, CanaryRun run, PeopleAtWork people, PrivacyTable table, IReadOnlyList<Place> redis)
    {
        var onPostgres = world.Postgres is not null;

        // The broker: tags of the persons instead of their codes, tokens' ids in Redis instead of grants that can be read.
        table.Look(Row.Of("broker", "files", Place.Below(world.Path("network", "broker"))) with
        {
            Controls = onPostgres ? [Encoding.ASCII.GetBytes(NetworkFolder.LogOrigin)] : [.. TagsOf(world)],
        });
        table.Look(Row.Of("redis", "keys, values, files", redis) with { Controls = [.. run.Tokens.Take(3).Select(id => Encoding.ASCII.GetBytes(Broker.Tokens.TokenKey.Of(id).ToString()))] });
        table.Look(Row.Of("redis", "commands", [Place.Of("MONITOR", world.Monitored)]) with { Controls = ["infolink:token:"u8.ToArray()] });
        table.Look(Row.Of("redis", "traffic", world.Traffic("redis").Select(Place.OfFile)) with { Controls = ["infolink:token:"u8.ToArray()] });

        table.Look(Row.Of("collector", "metrics and spans", [Place.Of("OTLP", world.Collector.Bytes)]) with { Controls = ["infolink.ask"u8.ToArray(), "infolink.answer"u8.ToArray(), "infolink-broker"u8.ToArray()] });

        LookAtInstitutions(world, table);
        foreach (var (party, process) in world.Agents.Append(new("broker", world.Broker)).Concat(world.Institutions.Parties))
        {
            table.Look(Row.Of(party, "log", [Place.Of("console", process.Output)]) with { Controls = ["READY"u8.ToArray(), party is NetworkFolder.Provider ? "\"LogLevel\":\"Debug\""u8.ToArray() : "dbug:"u8.ToArray()] });
            table.Look(Row.Of(party, "metrics, traces, faults", Place.Below(world.Path("traces", party))) with
            {
                Controls = [Encoding.Unicode.GetBytes("System.Diagnostics.Metrics"), Encoding.Unicode.GetBytes("Microsoft.AspNetCore")],
            });
            if (!party.StartsWith("clerk", StringComparison.Ordinal)) // It goes out by the others' doors.
            {
                table.Look(Row.Of(party, "traffic", world.Traffic(party).Select(Place.OfFile)) with { Controls = [[0x17, 0x03, 0x03]] }); // TLS, application data.
            }
        }

        foreach (var agency in CanaryWorld.Agencies)
        {
            var own = OfAgency(agency, "files", Place.Below(world.Path("network", "agencies", agency)));
            table.Look(own with
            {
                Rules = own.Rules.Append(KeyValuePair.Create(IdOf(agency)!.Value, Rule.Must)).ToDictionary(),
                Controls = [Encoding.ASCII.GetBytes("SQLite format 3")],
            });
        }

        table.Look(Row.Of(
            NetworkFolder.Requester, "existing system", [Place.OfFile(world.Path("existing-" + NetworkFolder.Requester + ".db"))],
            (Column.Number, Rule.Must), (Column.BasicAttributes, Rule.Must), (Column.RequesterId, Rule.Must), (Column.Value, Rule.Told)));
        table.Look(Row.Of(
            NetworkFolder.Provider, "existing system", [Place.OfFile(world.Path("existing-" + NetworkFolder.Provider + ".db"))],
            (Column.Number, Rule.Must), (Column.BasicAttributes, Rule.Must), (Column.ProviderId, Rule.Must), (Column.Value, Rule.Must)));
        table.Look(Row.Of(NetworkFolder.Requester, "answers", [Place.Of("answers", world.Answers)], (Column.Value, Rule.Must), (Column.Number, Rule.Must)) with
        {
            Passes = mark => mark.Person is CanaryRun.Mistyped, // Who mistyped is told what.
        });
        table.Look(Row.Of(NetworkFolder.Requester, "clerks' commands, files", people.Received, (Column.RequesterId, Rule.Must), (Column.Value, Rule.Must)));
        table.Look(Row.Of(NetworkFolder.Provider, "clerks' commands", [Place.Of("commands", people.AtProvider)], (Column.ProviderId, Rule.Must)));
        table.Look(Row.Of(NetworkFolder.Provider, "back-office page", [Place.Of("page", people.Page)], (Column.ProviderId, Rule.Must)));
        table.Look(Row.Of("all", "refusals told", [Place.Of("refusals", run.Told)]) with { Controls = ["REQUEST-MALFORMED"u8.ToArray()] });
        table.Look(Row.Of("all", "tools' output", [Place.Of("output", run.Shown)]) with { Controls = ["ASKED"u8.ToArray(), "APPROVED"u8.ToArray()] });
        table.Look(Row.Of("all", "exported bundles", Place.Below(run.Bundles)) with { Controls = ["infolink-bundle/1"u8.ToArray()] });

        // Nothing lies beside what was searched: the other files of the run are the existing systems' and the traffic's.
        output.WriteLine(table.Text);
        table.AssertHolds();
    }

    /// <summary>An agency's own link codes, and nobody else's.</summary>
    private static Row OfAgency(string party, string where, IEnumerable<Place> places) => party switch
    {
        NetworkFolder.Requester => Row.Of(party, where, places, (Column.RequesterCode, Rule.Must)),
        NetworkFolder.Provider => Row.Of(party, where, places, (Column.ProviderCode, Rule.Must)),
        NetworkFolder.Bystander => Row.Of(party, where, places, (Column.ThirdCode, where is "files" ? Rule.Must : Rule.Told)),
        NetworkFolder.Numbering => Row.Of(party, where, places, (Column.Number, Rule.Told)),
        _ => Row.Of(party, where, places),
    };

    private static Column? IdOf(string party) => party switch
    {
        NetworkFolder.Requester => Column.RequesterId,
        NetworkFolder.Provider => Column.ProviderId,
        NetworkFolder.Bystander => Column.ThirdId,
        _ => null,
    };

    private static IEnumerable<byte[]> TagsOf(CanaryWorld world)
    {
        using var tags = new IndexTags(KeyFile.ReadKey(world.Path("network", "broker", "keys", "index.key")));
        var year = IndexTags.YearOf(TimeProvider.System.GetUtcNow());
        return [.. ((string[])[CanaryRun.Claimant, CanaryRun.Child, CanaryRun.Stranger]).Select(part => tags.Of(world[part].Id, year))];
    }
}
