using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.EndToEnd;

/// <summary>The whole of README.md's "A network from nothing", by its own words, and what must hold of such a network in its days.</summary>
public sealed class NetworkFromNothingTests
{
    private const string Entry = "106.municipality.108-1-ro";

    /// <summary>The one that the next version of the catalog drops.</summary>
    private const string DroppedEntry = "106.municipality.108-6-ro";

    private const int Claimant = 1;

    /// <summary>Two renewals of the shortest life take 20 to 25 seconds; a machine that is busy gets more.</summary>
    private static readonly TimeSpan RenewedTwiceWithin = TimeSpan.FromSeconds(90);

    /// <summary>What is promised of a suspension.</summary>
    private static readonly TimeSpan SuspendedWithin = TimeSpan.FromSeconds(5);

    /// <summary>Time enough to build, sign and publish a catalog by hand before its moment.</summary>
    private static readonly TimeSpan CatalogAhead = TimeSpan.FromSeconds(25);

    private static readonly TimeSpan Japan = TimeSpan.FromHours(9);

    [Fact]
    public async Task A_network_set_up_by_the_README_renews_suspends_and_changes_its_catalog()
    {
        await using var network = new ReadmeNetwork();
        await SetUpAsync(network);
        await using var yokohama = new LocalAsker(network.Path(ReadmeNetwork.Yokohama, "data", "agent.sock"), "Y-1");
        await using var kawasaki = new LocalAsker(network.Path(ReadmeNetwork.Kawasaki, "data", "agent.sock"), "K-1");

        // A new ledger refuses tokens of its first seconds, and the witnesses have yet to cosign.
        await BecomesAsync(() => yokohama.AskAsync(Entry), "answered", TestNetwork.Patience);
        await BecomesAsync(() => kawasaki.AskAsync(Entry), "answered", TestNetwork.Patience);

        // 1. Certificates: everybody renews twice, and no exchange fails.
        yokohama.Begin(Entry);
        kawasaki.Begin(Entry);
        await RenewTwiceAsync(network);
        var (atYokohama, atKawasaki) = (yokohama.Answered, kawasaki.Answered);
        await Eventually.HoldsAsync(() => yokohama.Answered > atYokohama + 1 && kawasaki.Answered > atKawasaki + 1, "exchanges under the newest certificates");
        Assert.Empty(await kawasaki.StopAsync());

        // 2. Suspension: refused everywhere within five seconds, while others go on.
        await SuspendAsync(network, kawasaki);
        Assert.Empty(await yokohama.StopAsync());

        // 3. The law drops an entry.
        await ChangeCatalogAsync(network, yokohama);

        // After all this broker and agent are sound, and their doctors know the newest catalog.
        await network.RunAsync("doctor");
        Assert.Contains("catalog          version 2", network.Output("doctor"), StringComparison.Ordinal);
        Assert.DoesNotContain("WRONG", network.Output("doctor"), StringComparison.Ordinal);
    }

    private static async Task SetUpAsync(ReadmeNetwork network)
    {
        await network.RunAsync("commands", "broker");
        network.ChangeBroker(options => options.LeafLifetimeSeconds = 20);
        await network.RunAsync(
            "authority", "broker starts", "code", "agency joins", "member", "member signed", "next codes", "setagaya joins", "kawasaki joins", "next members");
        foreach (var agency in (string[])[ReadmeNetwork.Yokohama, ReadmeNetwork.Setagaya, ReadmeNetwork.Kawasaki])
        {
            network.ChangeAgent(agency, options =>
            {
                options.LeafLifetimeSeconds = 20;
                ExistingSystems.Connect(options);
            });
        }

        ExistingSystems.CreateDatabase(network.Path(ReadmeNetwork.Setagaya, "existing.db"));
        await network.LinkAsync(ReadmeNetwork.Yokohama, Claimant, "Y-1");
        await network.LinkAsync(ReadmeNetwork.Kawasaki, Claimant, "K-1");
        await network.LinkAsync(ReadmeNetwork.Setagaya, Claimant, ExistingSystems.ClaimantAtSetagaya);
        await network.RunAsync("yokohama starts", "setagaya starts", "kawasaki starts", "status");
        Assert.All((string[])["141003", "131121", "141305"], agency => Assert.Contains(agency, network.Output("status"), StringComparison.Ordinal));
    }

    private static async Task RenewTwiceAsync(ReadmeNetwork network)
    {
        var seen = network.Endpoints.ToDictionary(pair => pair.Key, _ => new ConcurrentDictionary<Sha256Digest, bool>(), StringComparer.Ordinal);
        var began = TimeProvider.System.GetTimestamp();
        while (seen.Values.Any(certificates => certificates.Count < 3))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < RenewedTwiceWithin, "Not everybody has renewed twice.");
            foreach (var (party, endpoint) in network.Endpoints)
            {
                seen[party].TryAdd(await CertificateOfAsync(endpoint), true);
            }

            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        }
    }

    private static async Task<Sha256Digest> CertificateOfAsync(Uri endpoint)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(endpoint.Host, endpoint.Port);
        await using var tls = new SslStream(connection.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
        }).WaitAsync(TestNetwork.Patience);
        return LeafCertificate.Thumbprint((System.Security.Cryptography.X509Certificates.X509Certificate2)tls.RemoteCertificate!);
    }

    private static async Task SuspendAsync(ReadmeNetwork network, LocalAsker kawasaki)
    {
        using var client = network.ClientOf(ReadmeNetwork.Kawasaki);
        (string Who, Func<Task<string>> Ask)[] everywhere =
        [
            ("the broker", () => HandMadeClient.RefusalOfAsync(() => client.AuthorizeAsync(client.Ask(network.CodeOf(Claimant, ReadmeNetwork.Kawasaki))))),
            ("Setagaya", () => HandMadeClient.RefusalOfAsync(() => client.FetchAsync(ReadmeNetwork.Setagaya, new FetchRequest()))),
            ("Yokohama", () => HandMadeClient.RefusalOfAsync(() => client.FetchAsync(ReadmeNetwork.Yokohama, new FetchRequest()))),
        ];
        foreach (var (who, ask) in everywhere)
        {
            Assert.NotEqual(("MEMBER-SUSPENDED", who), (await ask(), who));
        }

        await network.RunAsync("suspend");
        await Task.WhenAll(everywhere.Select(one => BecomesAsync(one.Ask, "MEMBER-SUSPENDED", SuspendedWithin))).WaitAsync(SuspendedWithin);
        Assert.StartsWith("MEMBER-SUSPENDED", await kawasaki.AskAsync(Entry), StringComparison.Ordinal);

        await network.RunAsync("resume");
        await BecomesAsync(() => kawasaki.AskAsync(Entry), "answered", TestNetwork.Patience);
    }

    private static async Task ChangeCatalogAsync(ReadmeNetwork network, LocalAsker yokohama)
    {
        var moment = DateTimeOffset.FromUnixTimeSeconds((TimeProvider.System.GetUtcNow() + CatalogAhead).ToUnixTimeSeconds());
        await network.SetAsync("FROM", moment.ToOffset(Japan).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture));
        await network.RunAsync("next catalog");
        await BecomesAsync(
            () => Task.FromResult(Directory.GetFiles(network.Path(), "catalog-2.json", SearchOption.AllDirectories).Length.ToString(CultureInfo.InvariantCulture)), "5", TestNetwork.Patience); // The authority's, the broker's, three agents'.
        using var asker = network.ClientOf(ReadmeNetwork.Yokohama);
        using var other = network.ClientOf(ReadmeNetwork.Kawasaki);

        // Before its moment the old version holds, for a whole exchange and for tokens that will be presented after it.
        Assert.Equal("answered", await yokohama.AskAsync(DroppedEntry));
        (HandMadeClient Asker, string Provider, FetchRequest Fetch)[] later =
        [
            (asker, ReadmeNetwork.Setagaya, await ApprovedAsync(asker, ReadmeNetwork.Setagaya)),
            (asker, ReadmeNetwork.Kawasaki, await ApprovedAsync(asker, ReadmeNetwork.Kawasaki)),
            (other, ReadmeNetwork.Yokohama, await ApprovedAsync(other, ReadmeNetwork.Yokohama)),
        ];
        Assert.True(TimeProvider.System.GetUtcNow() < moment, "The catalog's moment came before the test was ready for it.");

        while (TimeProvider.System.GetUtcNow() < moment)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        // From then on it is refused: by the asker's own agent, by the broker, and by each provider, a token of the old version or not.
        Assert.StartsWith("ENTRY-UNKNOWN", await yokohama.AskAsync(DroppedEntry), StringComparison.Ordinal);
        Assert.Equal("ENTRY-UNKNOWN", await HandMadeClient.RefusalOfAsync(() => asker.AuthorizeAsync(Question(asker, ReadmeNetwork.Setagaya))));
        foreach (var (client, provider, fetch) in later)
        {
            Assert.Equal(("ENTRY-UNKNOWN", provider), (await HandMadeClient.RefusalOfAsync(() => client.FetchAsync(provider, fetch)), provider));
        }

        Assert.Equal("answered", await yokohama.AskAsync(Entry)); // Everything else goes on.

        AuthorizeRequest Question(HandMadeClient client, string provider)
        {
            var question = client.Ask(network.CodeOf(Claimant, client.Agency));
            (question.Entry, question.Provider) = (DroppedEntry, provider);
            return question;
        }

        async Task<FetchRequest> ApprovedAsync(HandMadeClient client, string provider) => client.Fetch(await client.AuthorizeAsync(Question(client, provider)));
    }

    /// <summary>Asks until it is so; a question that never ends is none.</summary>
    private static async Task BecomesAsync(Func<Task<string>> ask, string expected, TimeSpan within)
    {
        var began = TimeProvider.System.GetTimestamp();
        for (var last = "nothing"; ;)
        {
            last = await ask();
            if (string.Equals(last, expected, StringComparison.Ordinal))
            {
                return;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(began) < within, $"It did not become '{expected}': {last}.");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }
}
