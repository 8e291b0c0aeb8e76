using InfoLink.Agent;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Testing;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Refusals;
using InfoLink.Tests.Typed.Generated;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace InfoLink.Tests.InMemory;

/// <summary>The packages' README files: what stands in them as C# stands here too, is compiled, and runs.</summary>
public sealed class ReadmeSnippets
{
    [Theory]
    [InlineData("agent/InfoLink.Agent/README.md", 4)]
    [InlineData("agent/InfoLink.Agent.Testing/README.md", 2)]
    public void Every_snippet_is_code_that_is_compiled(string readme, int count)
    {
        var compiled = Squeezed(File.ReadAllText(RepositoryRoot.Path("tests", "InfoLink.Tests", "InMemory", "ReadmeSnippets.cs")));
        var snippets = File.ReadAllText(RepositoryRoot.Path(readme)).Split("```csharp\n").Skip(1).Select(part => part.Split("```")[0]).ToList();
        Assert.Equal(count, snippets.Count);
        Assert.All(snippets, snippet => Assert.Contains(Squeezed(snippet), compiled, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_readme_asks_and_answers()
    {
        await using var network = InMemoryNetwork.StartSample();
        var (yokohama, setagaya) = (network.Agency("141003"), network.Agency("131121"));
        foreach (var (person, id) in ((string, string)[])[("Y-2026-0417", "S-1"), ("Y-2", "S-2")])
        {
            var known = network.AddPerson();
            known.At(yokohama, person);
            known.At(setagaya, id);
        }

        setagaya.Answers(kinds => Map(kinds, new Taxes()));
        Assert.Equal("124500 yen", await AskAsync(yokohama.Agent));
        yokohama.IsSuspended = true;
        Assert.StartsWith("MEMBER-SUSPENDED: ", await AskAsync(yokohama.Agent), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_test_of_the_testing_readme_runs()
    {
        await using var network = InMemoryNetwork.StartSample();
        var (yokohama, setagaya) = (network.Agency("141003"), network.Agency("131121"));
        var person = network.AddPerson();
        person.At(yokohama, "Y-1");
        person.At(setagaya, "S-1").Answers("municipal-inhabitant-tax");
        var clerk = new Asker("児童手当係", "terminal-12", "児童手当の認定請求の審査");
        var answer = await yokohama.Agent.FetchAsync("Y-1", "106.municipality.108-1-ro", "131121", new() { TaxYear = 2026 }, clerk, "claimant");
        Assert.Equal("2026", answer.Value("municipal-inhabitant-tax", "tax-year"));
    }

    internal static void Source(InMemoryAgency setagaya, string database)
    {
        setagaya.Answers(kinds => kinds.MapKind("municipal-inhabitant-tax", new TaxSource(database)));
    }

    internal static IHost Register()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddInfoLinkAgent(AgentOptions.Read("agent.json"));
        return builder.Build();
    }

    internal static InfoLinkBuilder Register(IServiceCollection services, AgentOptions options, Taxes taxes) =>
        services.AddInfoLinkAgent(options).MapKind<MunicipalInhabitantTax>(async (request, cancellation) =>
            await taxes.FindAsync(request.Person, request.Conditions.TaxYear!.Value, cancellation) is not { } row ? null : new MunicipalInhabitantTax
            {
                TaxYear = row.Year,
                TaxationClass = row.IsTaxed ? MunicipalInhabitantTax.TaxationClassCode.Taxed : MunicipalInhabitantTax.TaxationClassCode.NotTaxed,
                PerCapitaLevy = row.PerCapitaLevy,
                IncomeLevy = row.IncomeLevy,
                TotalIncome = AbsenceReason.NotYetDetermined,
                SpouseInSameLivelihood = false,
                Dependants = 0,
                DependantsUnder16 = 2,
            });

    private static async Task<string> AskAsync(InfoLinkAgent agent)
    {
        try
        {
            var answer = await agent.FetchAsync(
                person: "Y-2026-0417", // Your own identifier; nobody else sees it.
                entry: "106.municipality.108-1-ro", // The statute entry that lets you ask.
                provider: "131121", // Or null: whoever holds it by the rule of its kind.
                conditions: new InquiryConditions { TaxYear = 2026 },
                who: new Asker(Operator: "児童手当係", Terminal: "terminal-12", Use: "児童手当の認定請求の審査"),
                role: "claimant");
            var tax = answer.Read<MunicipalInhabitantTax>();
            return tax.IncomeLevy.HasValue ? $"{tax.IncomeLevy.Value} yen" : $"no value: {tax.IncomeLevy.Absence}";
        }
        catch (PendingException pending)
        {
            return $"A human there decides until {pending.Deadline:d}.";
        }
        catch (RefusedException refused)
        {
            return $"{refused.Refusal.Text}: {refused.Refusal.CauseEn} {refused.Refusal.WayOutEn}";
        }
    }

    /// <summary>What the README registers in a host, in memory.</summary>
    private static void Map(InfoLinkBuilder kinds, Taxes taxes)
    {
        var host = new ServiceCollection();
        foreach (var (kind, source) in Register(host, new AgentOptions(), taxes).Sources)
        {
            kinds.MapKind(kind.Value, source);
        }
    }

    private static string Squeezed(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The agency's own system.</summary>
    internal sealed class Taxes
    {
        public Task<TaxRow?> FindAsync(string person, int year, CancellationToken cancellation) =>
            Task.FromResult(person is "S-1" ? new TaxRow(year, IsTaxed: true, 3000, 124_500) : null);
    }

    internal sealed record TaxRow(int Year, bool IsTaxed, int PerCapitaLevy, long IncomeLevy);

    private sealed class TaxSource(string database) : InfoLink.Agent.Sources.IInformationSource
    {
        public Task<InfoLink.Agent.Sources.Items?> ReadAsync(InfoLink.Agent.Sources.InformationRequest request, CancellationToken cancellation) =>
            throw new NotSupportedException(database);
    }
}
