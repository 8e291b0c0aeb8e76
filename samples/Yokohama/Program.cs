// Asks. Usage: dotnet run --project samples/Yokohama -- DIR/agencies/141003/agent.json Y-2026-0417
using InfoLink.Agent;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Refusals;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var builder = Host.CreateApplicationBuilder();
builder.Services.AddInfoLinkAgent(AgentOptions.Read(args[0]));
using var host = builder.Build();
await host.StartAsync();

var agent = host.Services.GetRequiredService<InfoLinkAgent>();
var clerk = new Asker(Operator: "児童手当係", Terminal: "terminal-12", Use: "児童手当の認定請求の審査");
try
{
    var tax = await agent.FetchAsync(
        person: args[1],
        entry: "106.municipality.108-1-ro",
        provider: "131121",
        conditions: new InquiryConditions { TaxYear = 2026 },
        who: clerk,
        role: "claimant");
    Console.WriteLine($"income levy: {tax.Value("municipal-inhabitant-tax", "income-levy") ?? "absent"}");
}
catch (RefusedException refused)
{
    Console.WriteLine($"refused: {refused.Refusal.Text}. {refused.Refusal.CauseEn} {refused.Refusal.WayOutEn}");
}

await host.StopAsync();
