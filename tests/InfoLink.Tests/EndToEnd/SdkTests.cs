using InfoLink.Agent;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Tests.EndToEnd;

/// <summary>The agent as a developer meets it: in a generic host of their own.</summary>
public sealed class SdkTests
{
    private static readonly InquiryConditions Year2026 = new() { TaxYear = 2026 };

    [Fact]
    public async Task Two_hosts_with_an_agent_each_exchange_with_a_few_lines()
    {
        await using var network = await TestNetwork.StartAsync();
        using var setagaya = Host(network, network.Folder.AgentOptions(NetworkFolder.Provider), agent => agent.MapKind(
            "public-assistance", (_, _) => Task.FromResult<Items?>(null)));
        using var yokohama = Host(network, network.Folder.AgentOptions(NetworkFolder.Requester), _ => { });
        await setagaya.StartAsync();
        await yokohama.StartAsync();
        using var patience = new CancellationTokenSource(TestNetwork.Patience);
        await network.Broker.Cosigning.UntilPublishedAsync(patience.Token);

        // Setagaya's own tax database answers, by the query in its agent.json; the links are the sample's.
        var agent = yokohama.Services.GetRequiredService<InfoLinkAgent>();
        var answer = await agent.FetchAsync("Y-2026-0417", AgentNetwork.TaxEntry, NetworkFolder.Provider, Year2026, AgentNetwork.Clerk, "claimant");
        Assert.Equal("124500", answer.Value("municipal-inhabitant-tax", "income-levy"));
        await yokohama.StopAsync();
        await setagaya.StopAsync();
    }

    [Fact]
    public async Task A_refusal_is_an_exception_that_carries_it()
    {
        await using var network = await TestNetwork.StartAsync();
        using var yokohama = Host(network, network.Folder.AgentOptions(NetworkFolder.Requester), _ => { });
        await yokohama.StartAsync();
        var agent = yokohama.Services.GetRequiredService<InfoLinkAgent>();
        var refused = await Assert.ThrowsAsync<RefusedException>(
            () => agent.FetchAsync("Y-2026-0417", AgentNetwork.TaxEntry, NetworkFolder.HealthMinister, Year2026, AgentNetwork.Clerk, "claimant"));
        Assert.Equal(("PROVIDER-NOT-IN-ENTRY", false), (refused.Refusal.Text, refused.Refusal.Retryable));
        Assert.Contains(refused.Refusal.CauseEn, refused.Message, StringComparison.Ordinal);
        Assert.Contains(refused.Refusal.WayOutEn, refused.Message, StringComparison.Ordinal);
        Assert.NotEmpty(refused.Refusal.CauseJa);
        Assert.NotEmpty(refused.Refusal.WayOutJa);
        var missing = await Assert.ThrowsAsync<RefusedException>(
            () => agent.FetchAsync("nobody", AgentNetwork.TaxEntry, NetworkFolder.Provider, Year2026, AgentNetwork.Clerk, "claimant"));
        Assert.Equal(RefusalName.LinkMissing, missing.Refusal.Name);
        Assert.DoesNotContain("nobody", missing.Message, StringComparison.Ordinal);
        await yokohama.StopAsync();
    }

    [Theory]
    [InlineData("", "terminal", "use")]
    [InlineData("operator", " ", "use")]
    [InlineData("operator", "terminal", "")]
    public async Task Who_asks_where_and_what_for_is_never_left_out(string who, string where, string why)
    {
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false });
        await network.LinkAtRequesterAsync(1);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.Requester.Agent.FetchAsync(
            "Y-1", AgentNetwork.TaxEntry, NetworkFolder.Provider, Year2026, new(who, where, why), "claimant"));
        Assert.Equal(RefusalName.RequestMalformed, refused.Refusal.Name);
    }

    [Theory]
    [InlineData("NO ENTRY", NetworkFolder.Provider, "claimant")]
    [InlineData(AgentNetwork.TaxEntry, "SETAGAYA", "claimant")]
    [InlineData(AgentNetwork.TaxEntry, NetworkFolder.Provider, "The Claimant")]
    public async Task What_is_not_even_an_identifier_is_a_mistake_in_the_program(string entry, string provider, string role)
    {
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false });
        await Assert.ThrowsAsync<FormatException>(() => network.Requester.Agent.FetchAsync("Y-1", entry, provider, Year2026, AgentNetwork.Clerk, role));
    }

    [Theory]
    [InlineData("999.municipality.1", NetworkFolder.Provider, RefusalName.EntryUnknown)]
    [InlineData(AgentNetwork.TaxEntry, "999999", RefusalName.MemberUnknown)]
    public async Task What_the_agent_can_see_by_itself_is_refused_before_anything_leaves(string entry, string provider, RefusalName name)
    {
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false });
        await network.LinkAtRequesterAsync(1);
        var refused = await Assert.ThrowsAsync<RefusedException>(
            () => network.Requester.Agent.FetchAsync("Y-1", entry, provider, Year2026, AgentNetwork.Clerk, "claimant"));
        Assert.Equal(name, refused.Refusal.Name);
        Assert.Empty(await network.AllOfBrokerAsync());
    }

    [Theory]
    [InlineData("948271635504", "municipal-inhabitant-tax", RefusalName.RoleNotInEntry)]
    [InlineData("claimant", "948271635504", RefusalName.KindNotInEntry)]
    public async Task A_number_typed_as_a_name_leaves_the_agency_in_no_message_and_no_record(string role, string kind, RefusalName name)
    {
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false });
        await network.LinkAtRequesterAsync(1);
        var inquiry = new Inquiry
        {
            Entry = EntryId.Parse(AgentNetwork.TaxEntry),
            Provider = AgencyId.Parse(NetworkFolder.Provider),
            Role = SubjectRole.Parse(role),
            Kinds = [KindId.Parse(kind)],
            Conditions = Year2026,
        };

        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.Requester.Agent.FetchAsync(["Y-1"], inquiry, AgentNetwork.Clerk));

        Assert.Equal(name, refused.Refusal.Name);
        Assert.DoesNotContain("948271635504", refused.ToString(), StringComparison.Ordinal);
        Assert.Empty(await AgentNetwork.AllOfAsync(network.Requester));
        Assert.Empty(await network.AllOfBrokerAsync());
    }

    [Fact]
    public async Task A_manual_answer_is_an_exception_that_says_until_when_and_how_to_collect_it()
    {
        await using var network = await AgentNetwork.StartAsync(new() { Prepare = AgentNetwork.AnswerTaxByHand });
        await network.LinkAsync(1);
        var pending = await Assert.ThrowsAsync<PendingException>(
            () => network.Requester.Agent.FetchAsync("Y-1", AgentNetwork.TaxEntry, NetworkFolder.Provider, Year2026, AgentNetwork.Clerk, "claimant"));
        Assert.Equal((await AgentNetwork.OneAsync(network.Requester.Log.Store, AccessEvent.Received)).Open.ExchangeId.ToByteArray(), pending.Exchange.ToArray());
        Assert.Contains("continues", pending.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_of_the_host_may_want_the_agent_before_it_runs()
    {
        await using var network = await TestNetwork.StartAsync();
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddSingleton(network.Journal.Loggers);
        builder.Services.AddInfoLinkAgent(network.Folder.AgentOptions(NetworkFolder.Requester));
        builder.Services.AddHostedService<Wanting>();
        using var host = builder.Build();
        await host.StartAsync();
        Assert.NotNull(host.Services.GetRequiredService<InfoLinkAgent>().Links);
        await host.StopAsync();
    }

    [Fact]
    public void Asking_before_the_host_runs_says_so()
    {
        var services = new ServiceCollection().AddLogging();
        services.AddInfoLinkAgent(options => options.Agency = NetworkFolder.Requester);
        using var provider = services.BuildServiceProvider();
        var fault = Assert.Throws<InvalidOperationException>(() => provider.GetRequiredService<InfoLinkAgent>().Links);
        Assert.Contains("not started", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kind_has_one_source()
    {
        var builder = new ServiceCollection().AddInfoLinkAgent(_ => { });
        builder.MapKind("municipal-inhabitant-tax", (_, _) => Task.FromResult<Items?>(null));
        var fault = Assert.Throws<ArgumentException>(() => builder.MapKind("municipal-inhabitant-tax", (_, _) => Task.FromResult<Items?>(null)));
        Assert.Contains("municipal-inhabitant-tax", fault.Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => builder.MapKind("NO KIND", (_, _) => Task.FromResult<Items?>(null)));
    }

    [Fact]
    public async Task A_kind_that_code_and_configuration_both_answer_stops_the_start()
    {
        await using var network = await TestNetwork.StartAsync();
        using var host = Host(network, network.Folder.AgentOptions(NetworkFolder.Provider), agent => agent.MapKind(
            "municipal-inhabitant-tax", (_, _) => Task.FromResult<Items?>(null)));
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());
        Assert.Contains("two sources", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kind_that_the_catalog_does_not_know_stops_the_start()
    {
        await using var network = await TestNetwork.StartAsync();
        using var host = Host(network, network.Folder.AgentOptions(NetworkFolder.Requester), agent => agent.MapKind("weather", (_, _) => Task.FromResult<Items?>(null)));
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());
        Assert.Contains("'weather'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_agencys_identity_key_stops_the_start()
    {
        await using var network = await TestNetwork.StartAsync();
        var options = network.Folder.AgentOptions(NetworkFolder.Requester);
        options.IdentityKey = network.Folder.AgencyPath(NetworkFolder.Bystander, "identity.pem");
        using var host = Host(network, options, _ => { });
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());
        Assert.Contains("identity key", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_errors_of_the_options_come_at_once_each_with_its_way_out()
    {
        var options = new AgentOptions
        {
            Agency = "YOKOHAMA",
            Listen = "everywhere",
            Broker = "http://broker.example",
            IdentityKey = "no-identity.pem",
            NextIdentityKey = "pkcs11:token=agency",
            LeafLifetimeSeconds = 19,
            SourceTimeoutSeconds = 0,
            FetchTimeoutSeconds = 301,
            BlockedAgencies = ["OTHER"],
            BlockedEntries = ["NO ENTRY"],
            Sources = [new SourceOptions { Kind = "NO KIND", Sqlite = "no.db", Query = " " }],
        };
        var errors = options.Errors();
        foreach (var start in (string[])
            [
                "agency:", "listen:", "broker:", "identityKey:", "nextIdentityKey:", "leafLifetimeSeconds:", "sourceTimeoutSeconds:", "fetchTimeoutSeconds:", "blockedAgencies:",
                "blockedEntries:", "sources: 'NO KIND'", "sources, NO KIND: there is no file", "sources, NO KIND: there is no query",
            ])
        {
            Assert.Single(errors, error => error.StartsWith(start, StringComparison.Ordinal));
        }

        Assert.Equal(13, errors.Count);
    }

    [Fact]
    public async Task An_agent_with_errors_does_not_start_and_says_them_all()
    {
        await using var network = await TestNetwork.StartAsync();
        var options = network.Folder.AgentOptions(NetworkFolder.Requester);
        (options.Agency, options.Listen) = ("YOKOHAMA", "everywhere");
        using var host = Host(network, options, _ => { });
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());
        Assert.Contains("agency:", fault.Message, StringComparison.Ordinal);
        Assert.Contains("listen:", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_option_that_does_not_exist_is_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.Path("agent.json"), """{ "agency": "141003", "insecure": true }""");
        var fault = Assert.Throws<InvalidOperationException>(() => AgentOptions.Read(folder.Path("agent.json")));
        Assert.Contains("insecure", fault.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => AgentOptions.Read(folder.Path("missing.json")));
    }

    [Fact]
    public async Task A_start_that_fails_leaves_nothing_held_for_the_next()
    {
        await using var network = await AgentNetwork.StartAsync();
        var options = network.Folder.AgentOptions(NetworkFolder.Bystander);
        var good = options.Listen;
        options.Listen = network.Folder.AgentOptions(NetworkFolder.Provider).Listen; // Taken.
        network.Network.Journal.Expect("address already in use", "Failed to bind", "Hosting failed");
        await Assert.ThrowsAnyAsync<IOException>(() => AgentHost.StartAsync(options, Nothing, TimeProvider.System, network.Network.Journal.Loggers));
        options.Listen = good;
        await using var agent = await AgentHost.StartAsync(options, Nothing, TimeProvider.System, network.Network.Journal.Loggers);
        Assert.NotNull(agent.Endpoint);
    }

    private static Dictionary<Contracts.Identifiers.KindId, IInformationSource> Nothing => [];

    private static IHost Host(TestNetwork network, AgentOptions options, Action<InfoLinkBuilder> map)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddSingleton(network.Journal.Loggers);
        network.Journal.Expect("Hosting failed to start"); // The host's own words where a start must fail.
        map(builder.Services.AddInfoLinkAgent(options));
        return builder.Build();
    }

#pragma warning disable CA1812 // Made by the host.
    private sealed class Wanting(InfoLinkAgent agent) : BackgroundService
#pragma warning restore CA1812
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            Assert.NotNull(agent);
            await Task.CompletedTask;
        }
    }
}
