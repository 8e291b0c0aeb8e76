// Answers. Usage: dotnet run --project samples/Setagaya -- DIR/agencies/131121/agent.json
using InfoLink.Agent;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using Microsoft.Extensions.Hosting;

var options = AgentOptions.Read(args[0]);
options.Sources.Clear(); // This sample answers with code; the folder's configuration would answer with queries.

var builder = Host.CreateApplicationBuilder();
builder.Services.AddInfoLinkAgent(options)
    .MapKind("municipal-inhabitant-tax", (request, ct) => Task.FromResult<Items?>(
        request.Person is not "S-77310" ? null : new Items
        {
            { "tax-year", $"{request.Conditions.TaxYear}" },
            { "taxation-class", "3" },
            { "per-capita-levy", "3000" },
            { "income-levy", "124500" },
            { "total-income", "3480000" },
            { "spouse-in-same-livelihood", "false" },
            { "dependants", "0" },
            { "dependants-under-16", "2" },
            { "assessed-on", AbsenceReason.NotRecorded },
        }));
await builder.Build().RunAsync();
