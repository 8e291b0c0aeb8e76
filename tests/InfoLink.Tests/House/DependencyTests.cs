using System.Xml.Linq;
using Xunit;

namespace InfoLink.Tests.House;

/// <summary>The directions in which the house's parts may know one another (README, "Where things are").</summary>
public sealed class DependencyTests
{
    /// <summary>Project → the projects it may reference, all of them.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["InfoLink.Rpc"] = [],
        ["InfoLink.Contracts"] = ["InfoLink.Rpc"],
        ["InfoLink.Matching"] = [],
        ["InfoLink.Transparency"] = ["InfoLink.Contracts"],
        ["InfoLink.Authoring"] = ["InfoLink.Contracts"],
        ["InfoLink.Hosting"] = ["InfoLink.Contracts", "InfoLink.Transparency", "InfoLink.Authoring"],
        ["InfoLink.Running"] = ["InfoLink.Hosting"],
        ["InfoLink.Audit"] = ["InfoLink.Contracts", "InfoLink.Transparency", "InfoLink.Authoring"],
        ["InfoLink.Codes"] = ["InfoLink.Contracts"],
        ["InfoLink.CodeAuthority"] = ["InfoLink.Contracts", "InfoLink.Hosting", "InfoLink.Codes"],
        ["InfoLink.Broker"] = ["InfoLink.Contracts", "InfoLink.Transparency", "InfoLink.Authoring", "InfoLink.Hosting", "InfoLink.Running", "InfoLink.Codes"],
        ["InfoLink.Numbering"] = ["InfoLink.Contracts", "InfoLink.Transparency", "InfoLink.Hosting", "InfoLink.Codes"],
        ["InfoLink.Agent"] = ["InfoLink.Contracts", "InfoLink.Transparency", "InfoLink.Authoring", "InfoLink.Hosting", "InfoLink.Matching"],
        ["InfoLink.Agent.Host"] = ["InfoLink.Agent", "InfoLink.Running"],
        ["InfoLink.Agent.Testing"] = ["InfoLink.Agent"],
        ["Network"] = ["InfoLink.Broker", "InfoLink.CodeAuthority", "InfoLink.Numbering", "Registry", "InfoLink.Agent", "InfoLink.Audit"],
        ["Yokohama"] = ["InfoLink.Agent"],
        ["Setagaya"] = ["InfoLink.Agent"],
        ["Registry"] = ["InfoLink.Contracts", "InfoLink.Codes", "InfoLink.Hosting", "InfoLink.Matching"],
        ["bench"] = ["Network", "InfoLink.Transparency", "InfoLink.Matching", "InfoLink.Numbering"],
        ["infolink"] = ["InfoLink.Audit", "InfoLink.Broker", "InfoLink.Matching"],
        ["Endurance"] = ["Network"],
        ["LogWriter"] = ["InfoLink.Transparency"],
        ["MySqlDriver"] = [],
        ["LinkClerk"] = ["InfoLink.Agent"],
    };

    [Fact]
    public void A_project_references_only_what_its_place_allows()
    {
        var projects = Projects().Where(path => !path.Contains("InfoLink.Tests", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(projects);
        foreach (var project in projects)
        {
            var name = Path.GetFileNameWithoutExtension(project);
            var references = XDocument.Load(project).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
            Assert.True(Allowed.ContainsKey(name), $"{name} has no place in this test; say what it may reference.");
            Assert.Empty(references.Except(Allowed[name], StringComparer.Ordinal).Select(reference => $"{name} → {reference}"));
        }
    }

    [Fact]
    public void Only_edges_and_calls_know_RPC() => AssertOnly(
        "using Grpc.",
        [
            "contracts/InfoLink.Contracts/Refusals/RefusalTable.cs", "contracts/InfoLink.Contracts/Refusals/RefusalWire.cs",
            "contracts/InfoLink.Hosting/Channels.cs", "contracts/InfoLink.Hosting/PeerMismatch.cs", "contracts/InfoLink.Hosting/MutualPort.cs", "contracts/InfoLink.Hosting/Trust/TrustWatch.cs",
            "contracts/InfoLink.Hosting/Members/MemberHost.cs", "contracts/InfoLink.Hosting/ServerLife.cs", "contracts/InfoLink.Hosting/Checkup/PeerProbe.cs",
            "contracts/InfoLink.Hosting/Witnessing/WitnessCalls.cs", "contracts/InfoLink.Hosting/Witnessing/WitnessEdge.cs",
            "broker/InfoLink.Broker/Exchange/ExchangeEdge.cs", "broker/InfoLink.Broker/Membership/TrustEdge.cs", "broker/InfoLink.Broker/Joining/JoinEdge.cs",
            "broker/InfoLink.Broker/Linking/LinkEdges.cs", "broker/InfoLink.Broker/Membership/Callers.cs",
            "broker/InfoLink.CodeAuthority/Tickets/CodeAuthorityEdge.cs", "broker/InfoLink.CodeAuthority/Tickets/BrokerKey.cs", "broker/InfoLink.CodeAuthority/Standing/CodeStandings.cs",
            "broker/InfoLink.Numbering/Individuals/NumberingEdge.cs", "broker/InfoLink.Numbering/Corporations/CorporateEdge.cs",
            "agent/InfoLink.Agent/Joining/", "agent/InfoLink.Agent/Providing/PeerEdge.cs", "agent/InfoLink.Agent/Remedy/CorrectionEdge.cs", "agent/InfoLink.Agent/Calls/",
            "agent/InfoLink.Agent/Checkup/AgentDoctor.cs", "agent/InfoLink.Agent.Host/Asking/LocalReply.cs",
        ]);

    [Fact]
    public void Only_the_token_store_knows_Redis() => AssertOnly("using StackExchange.Redis", ["broker/InfoLink.Broker/Tokens/RedisTokenStore.cs", "broker/InfoLink.Broker/Tokens/RedisSettings.cs"]);

    [Fact]
    public void Only_one_file_knows_Bouncy_Castle()
    {
        var found = Sources("contracts").Concat(Sources("broker")).Concat(Sources("agent")).Concat(Sources("tools")).Concat(Sources("samples"))
            .Where(path => File.ReadAllText(path).Contains("Org.BouncyCastle", StringComparison.Ordinal))
            .Select(path => Path.GetRelativePath(RepositoryRoot.Path(), path).Replace('\\', '/'));

        Assert.Equal("contracts/InfoLink.Contracts/Notes/BouncyCastleEd25519.cs", Assert.Single(found));
    }

    [Fact]
    public void Only_stores_and_the_configured_source_know_SQL() => AssertOnly(
        "using Microsoft.Data.Sqlite",
        [
            "contracts/InfoLink.Transparency/Sqlite/", "broker/InfoLink.Broker/Codes/SqliteRegisterRows.cs", "broker/InfoLink.CodeAuthority/Register/PersonRegister.cs",
            "agent/InfoLink.Agent/Links/", "agent/InfoLink.Agent/Ledger/SqliteSpentStore.cs", "agent/InfoLink.Agent/OwnFile.cs", "agent/InfoLink.Agent/Backup/", "agent/InfoLink.Agent/Requesting/PendingStore.cs", "agent/InfoLink.Agent/Requesting/PendingStore.Notices.cs", "agent/InfoLink.Agent.Host/Asking/Repeats.cs", "agent/InfoLink.Agent/Sources/OwnDatabase.cs",
            "agent/InfoLink.Agent/Sources/Replicas/ReplicaStore.cs", "agent/InfoLink.Agent/Sources/Replicas/ReplicaStore.Writing.cs",
            "broker/InfoLink.Numbering/Individuals/SqliteNumberStore.cs", "broker/InfoLink.Numbering/Corporations/CorporateRegister.cs",
        ]);

    [Fact]
    public void Only_stores_know_PostgreSQL() => AssertOnly(
        "using Npgsql",
        ["contracts/InfoLink.Transparency/Postgres/", "broker/InfoLink.Broker/Membership/PostgresDirectoryStore.cs", "broker/InfoLink.Broker/Membership/SharedDocuments.cs", "broker/InfoLink.Broker/Codes/PostgresRegisterRows.cs", "agent/InfoLink.Agent/Ledger/PostgresSpentStore.cs", "broker/InfoLink.Numbering/Individuals/PostgresNumberStore.cs"]);

    [Fact]
    public void The_agents_door_to_PostgreSQL_is_one_and_hides_what_it_is_opened_with()
    {
        AssertOnly(
            "using InfoLink.Transparency.Postgres",
            ["agent/InfoLink.Agent/AgentHost.cs", "agent/InfoLink.Agent/AgentHost.Composition.cs", "agent/InfoLink.Agent/Sources/OwnDatabase.cs", "broker/", "contracts/InfoLink.Hosting/Checkup/StoreChecks.cs"]);
        Assert.DoesNotContain(Sources("agent/InfoLink.Agent/Sources"), path => File.ReadAllText(path).Contains("Npgsql", StringComparison.Ordinal));
    }

    [Fact]
    public void Only_one_file_knows_who_exports() => AssertOnly("using OpenTelemetry", ["contracts/InfoLink.Running/OtlpExport.cs"]);

    [Fact]
    public void The_RPC_layer_has_no_word_of_InfoLink_but_its_own_name()
    {
        var words = Sources("contracts/InfoLink.Rpc")
            .Where(path => File.ReadAllText(path).Replace("InfoLink.Rpc", "", StringComparison.Ordinal).Contains("InfoLink", StringComparison.OrdinalIgnoreCase));

        Assert.Empty(words);
    }

    [Theory]
    [InlineData("broker/InfoLink.Broker/Tokens", "Exchange", "AccessLog", "Codes", "Catalog", "Membership")]
    [InlineData("broker/InfoLink.Broker/AccessLog", "Exchange", "Tokens", "Codes", "Catalog", "Membership")]
    [InlineData("broker/InfoLink.Broker/Codes", "Exchange", "AccessLog", "Tokens", "Catalog", "Membership")]
    [InlineData("broker/InfoLink.Broker/Viewing", "Exchange", "Tokens", "Catalog", "Membership", "Linking")]
    [InlineData("broker/InfoLink.Broker/Catalog", "Exchange", "AccessLog", "Tokens", "Codes", "Membership")]
    [InlineData("broker/InfoLink.Broker/Membership", "Exchange", "AccessLog", "Tokens", "Codes", "Catalog")]
    [InlineData("broker/InfoLink.Broker/Limits", "Exchange", "AccessLog", "Tokens", "Codes", "Catalog", "Membership")]
    [InlineData("broker/InfoLink.Broker/Keys", "Exchange", "AccessLog", "Tokens", "Codes", "Catalog", "Membership")]
    public void A_stage_of_the_broker_knows_no_other(string room, params string[] others) =>
        AssertNone(room, others.Select(other => $"using InfoLink.Broker.{other};"));

    [Theory]
    [InlineData("agent/InfoLink.Agent/Requesting", "Providing", "Ledger", "Sources")]
    [InlineData("agent/InfoLink.Agent/Asking", "Providing", "Ledger", "Sources", "Calls", "Trust", "AccessLog", "Linking", "Remedy")]
    [InlineData("agent/InfoLink.Agent/Requesting", "Asking")]
    [InlineData("agent/InfoLink.Agent/Providing", "Requesting")]
    [InlineData("agent/InfoLink.Agent/Ledger", "Requesting", "Providing", "Links", "Sources", "Calls", "Trust", "AccessLog")]
    [InlineData("agent/InfoLink.Agent/Links", "Requesting", "Providing", "Ledger", "Sources", "Calls", "Trust", "AccessLog", "Remedy")]
    [InlineData("agent/InfoLink.Agent/Sources", "Requesting", "Providing", "Ledger", "Links", "Calls", "Trust", "AccessLog")]
    [InlineData("agent/InfoLink.Agent/Calls", "Requesting", "Providing", "Ledger", "Links", "Sources", "AccessLog", "Remedy")]
    [InlineData("agent/InfoLink.Agent/Manual", "Requesting", "Providing", "Ledger", "Calls", "Asking", "Linking", "IdentityChecks", "Remedy")]
    [InlineData("agent/InfoLink.Agent/Remedy", "Requesting", "Providing", "Ledger", "Sources", "Linking", "IdentityChecks")]
    public void A_stage_of_the_agent_knows_only_what_it_must(string room, params string[] others) =>
        AssertNone(room, others.Select(other => $"using InfoLink.Agent.{other};"));

    [Fact]
    public void No_folder_is_named_after_a_technical_layer()
    {
        string[] layers = ["services", "helpers", "utils", "utilities", "managers", "common", "infrastructure", "models", "handlers"];
        var rooms = Sources("").Select(path => Path.GetRelativePath(RepositoryRoot.Path(), path))
            .Where(path => path.Split('/').Any(part => layers.Contains(part, StringComparer.OrdinalIgnoreCase)));

        Assert.Empty(rooms);
    }

    private static void AssertOnly(string text, string[] allowed)
    {
        var found = Sources("contracts/InfoLink.Contracts").Concat(Sources("contracts/InfoLink.Transparency"))
            .Concat(Sources("contracts/InfoLink.Authoring")).Concat(Sources("contracts/InfoLink.Hosting")).Concat(Sources("contracts/InfoLink.Running")).Concat(Sources("broker")).Concat(Sources("agent"))
            .Where(path => File.ReadLines(path).Any(line => line.StartsWith(text, StringComparison.Ordinal)))
            .Select(path => Path.GetRelativePath(RepositoryRoot.Path(), path).Replace('\\', '/'))
            .ToList();

        Assert.NotEmpty(found);
        Assert.DoesNotContain(found, path => !allowed.Any(place => path.StartsWith(place, StringComparison.Ordinal)));
    }

    private static void AssertNone(string room, IEnumerable<string> usings)
    {
        var sources = Sources(room).ToList();

        Assert.NotEmpty(sources);
        Assert.Empty(sources.SelectMany(path => File.ReadLines(path).Where(usings.Contains).Select(line => $"{path}: {line}")));
    }

    private static IEnumerable<string> Projects() => Directory.EnumerateFiles(RepositoryRoot.Path(), "*.csproj", SearchOption.AllDirectories);

    private static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(RepositoryRoot.Path(folder), "*.cs", SearchOption.AllDirectories)
        .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal)
            && !path.Contains("/node_modules/", StringComparison.Ordinal));
}
