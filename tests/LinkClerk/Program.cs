using InfoLink.Agent;
using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Refusals;
using InfoLink.LinkClerk;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// LinkClerk <agent.json> <SQLite file with the agency's own persons> <name of the job>
// Links everybody, or goes on with the job of that name. After each thousand one line "AT <persons done>"; at the end
// "READY asked=<n> matched=<n> given=<n> linked=<n> verified=<n> agrees=<True|False>", and stays until it is told to stop.
var builder = Host.CreateApplicationBuilder();
builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true);
builder.Services.AddInfoLinkAgent(AgentOptions.Read(args[0]));
using var host = builder.Build();
await host.StartAsync();
try
{
    var agent = host.Services.GetRequiredService<InfoLinkAgent>();
    var job = await agent.LinkAllAsync(args[2], Persons(args[1]), new LinkAct("住民記録係", "符号の取得"), new Told());
    Say($"READY asked={job.Asked} matched={job.Matched} given={job.Given} linked={job.Of(LinkingResult.Linked)} verified={job.Of(LinkingResult.Verified)} agrees={job.Agrees}");
}
catch (RefusedException refused)
{
    Say($"refused: {refused.Refusal.Text}");
    await host.StopAsync();
    return 1;
}

await host.WaitForShutdownAsync();
return 0;

static void Say(string line) => Console.WriteLine(line);

static async IAsyncEnumerable<LocalPerson> Persons(string file)
{
    await using var system = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=false");
    await system.OpenAsync();
    await using var all = system.CreateCommand();
    all.CommandText = "SELECT person, name, kana, address, birth_date, sex FROM person ORDER BY person";
    await using var row = await all.ExecuteReaderAsync();
    while (await row.ReadAsync())
    {
        yield return new LocalPerson
        {
            Id = LocalId.Of(row.GetString(0)),
            Name = row.GetString(1),
            Kana = row.GetString(2),
            Address = row.GetString(3),
            BirthDate = row.GetString(4),
            Sex = row.GetString(5),
        };
    }
}
