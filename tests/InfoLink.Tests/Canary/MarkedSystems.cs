using Dapper;
using InfoLink.Agent;
using InfoLink.Samples.Network;
using Microsoft.Data.Sqlite;

namespace InfoLink.Tests.Canary;

/// <summary>The agencies' own systems: who lives there, and at the provider what it answers.</summary>
internal static class MarkedSystems
{
    /// <summary>Answered from a replica.</summary>
    public const string Exported = "resident-record-relationship";

    // A person whose record is broken makes the query fail, with a message that quotes it; a slow one takes seconds.
    private const string Condition = """
        WHERE person = @person AND (broken IS NULL OR json(broken) IS NOT NULL)
          AND (slow = 0 OR (WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < slow) SELECT max(n) FROM count) > 0)
        """;

    public static void Connect(AgentOptions options, string database)
    {
        options.Sources.Add(new SourceOptions
        {
            Kind = Walk.Kind,
            Sqlite = database,
            Query = $"""
                SELECT 2026 AS "tax-year", taxation_class AS "taxation-class", 3000 AS "per-capita-levy", income_levy AS "income-levy", total_income AS "total-income",
                       salary_receipts AS "salary-receipts", 'not-applicable' AS "salary-receipts:absent", 'false' AS "spouse-in-same-livelihood", 0 AS "dependants",
                       0 AS "dependants-under-16", assessed_on AS "assessed-on" FROM resident {Condition} AND @taxYear = 2026
                """,
        });
        options.Sources.Add(new SourceOptions
        {
            Kind = CanaryWorld.NumberKind,
            Sqlite = database,
            Query = """SELECT number AS "number" FROM register WHERE person = @person""",
        });

        // That one sleeps at night: it exports a file.
        options.Sources.Add(new SourceOptions
        {
            Kind = Exported,
            Replica = new ReplicaOptions { Key = "atena" },
            Map = new Dictionary<string, ItemMapOptions>(StringComparer.Ordinal)
            {
                ["householder"] = new() { From = "nushi", True = ["有"], False = ["無"] },
                ["householder-name"] = new() { From = "shimei" },
                ["relationship"] = new() { From = "zoku" },
            },
        });
    }

    /// <summary>What the existing system exports for its replica.</summary>
    public static string Export(IEnumerable<MarkedPerson> people) =>
        string.Concat(people.Where(one => one.Part is not CanaryRun.Mistyped).Select(one => $"{one.AtProvider},無,{one.Householder},20\r\n").Prepend("atena,nushi,shimei,zoku\r\n"));

    public static SqlPersonOptions Persons(string database) => new()
    {
        Sqlite = database,
        Query = $"SELECT name, name AS kana, address, born AS birth_date, '{MarkedPerson.Sex}' AS sex FROM register WHERE person = @person",
    };

    public static void Create(string path, IEnumerable<MarkedPerson> people, Func<MarkedPerson, string> idOf)
    {
        const int Seconds = 6_000_000; // Steps that take some.
        using var system = new SqliteConnection($"Data Source={path};Pooling=false");
        system.Open();
        system.Execute(
            """
            CREATE TABLE resident(person TEXT PRIMARY KEY, taxation_class TEXT, income_levy INTEGER, total_income INTEGER, salary_receipts INTEGER, assessed_on TEXT,
              householder TEXT, broken TEXT, slow INTEGER);
            CREATE TABLE register(person TEXT PRIMARY KEY, number TEXT, name TEXT, address TEXT, born TEXT);
            """);
        foreach (var one in people.Where(one => one.Part is not CanaryRun.Mistyped))
        {
            system.Execute(
                "INSERT INTO register VALUES (@person, @number, @name, @address, @born)",
                new { person = idOf(one), number = one.Number, name = one.Name, address = one.FullAddress, born = $"{one.Born:yyyy-MM-dd}" });
            system.Execute(
                "INSERT INTO resident VALUES (@person, @taxationClass, @incomeLevy, @totalIncome, @salaryReceipts, @assessedOn, @householder, @broken, @slow)",
                new
                {
                    person = idOf(one),
                    taxationClass = one.Part is CanaryRun.Odd ? one.Householder : "3",
                    incomeLevy = long.Parse(one.IncomeLevy),
                    totalIncome = long.Parse(one.TotalIncome),
                    salaryReceipts = one.Part is CanaryRun.Absent ? (long?)null : long.Parse(one.SalaryReceipts),
                    assessedOn = one.Part is CanaryRun.Absent ? null : $"{one.AssessedOn:yyyy-MM-dd}",
                    householder = one.Householder,
                    broken = one.Part is CanaryRun.Broken ? one.Name : null,
                    slow = one.Part is CanaryRun.Slow ? Seconds : 0,
                });
        }
    }
}
