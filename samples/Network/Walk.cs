using System.Diagnostics;
using System.Security.Cryptography;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Transparency;

namespace InfoLink.Samples.Network;

/// <summary>
/// The story, told by doing it: a person had her address in Setagaya on 1 January 2026, moved to Yokohama and claims the child allowance there.
/// To decide which parent is the recipient, Yokohama asks Setagaya for her municipal inhabitant-tax information of tax year 2026
/// (row 106, article 108(1)(ロ) of the Order). Then everything that must fail.
/// </summary>
public sealed class Walk(RunningNetwork network, TimeProvider time)
{
    public const string Entry = "106.municipality.108-1-ro";
    public const string Role = "claimant";
    public const string Kind = "municipal-inhabitant-tax";
    public const int TaxYear = 2026;

    private static readonly Asker Clerk = new("児童手当係", "terminal-12", "児童手当の認定請求の審査", "2026-KJ-00417");

    /// <summary>The exchange that the law allows.</summary>
    public Task<ExchangeResult> ExchangeAsync() => ExchangeAsync(Entry, Role);

    /// <summary>The same question about the same person, under another entry that allows it.</summary>
    public async Task<ExchangeResult> ExchangeAsync(string entry, string role)
    {
        var began = time.GetTimestamp();
        var inquiry = new Inquiry
        {
            Entry = EntryId.Parse(entry),
            Provider = AgencyId.Parse(NetworkFolder.Provider),
            Role = SubjectRole.Parse(role),
            Conditions = new InquiryConditions { TaxYear = TaxYear },
        };
        var fetched = await network.Requester.Agent.FetchAsync([ExistingSystems.ClaimantAtYokohama], inquiry, Clerk);
        var elapsed = time.GetElapsedTime(began);
        var answered = fetched.Persons[0] as FetchedPerson.Answered;
        return new ExchangeResult(fetched.ExchangeId?.ToString() ?? "", fetched.ExchangeId, answered?.Kinds.All[KindId.Parse(Kind)], elapsed.TotalMilliseconds)
        {
            Refusal = (fetched.Persons[0] as FetchedPerson.Refused)?.Refusal.Text,
        };
    }

    /// <summary>Everything that must be refused, each with the name it must be refused by.</summary>
    public async Task<IReadOnlyList<RefusalResult>> RefusalsAsync()
    {
        using var yokohama = new HandMadeClient(network.Folder, NetworkFolder.Requester, time);
        using var kawasaki = new HandMadeClient(network.Folder, NetworkFolder.Bystander, time);
        var own = await CodeAsync(NetworkFolder.Requester, ExistingSystems.ClaimantAtYokohama);
        var foreign = await CodeAsync(NetworkFolder.Bystander, "K-" + ExistingSystems.ClaimantAtYokohama);

        var used = await yokohama.AuthorizeAsync(yokohama.Ask(own));
        await yokohama.FetchAsync(NetworkFolder.Provider, yokohama.Fetch(used));
        var stolen = await yokohama.AuthorizeAsync(yokohama.Ask(own));
        var late = await yokohama.AuthorizeAsync(yokohama.Ask(own));

        return
        [
            await TryAsync("the token again", "TOKEN-SPENT", () => yokohama.FetchAsync(NetworkFolder.Provider, yokohama.Fetch(used))),
            await TryAsync("the token by another agency", "TOKEN-OTHER-CERTIFICATE", () => kawasaki.FetchAsync(NetworkFolder.Provider, yokohama.Fetch(stolen))),
            await TryAsync("a kind that the row does not hold (生活保護関係情報)", "KIND-NOT-IN-ENTRY", () => AskAsync(request =>
            {
                request.Kinds.Clear();
                request.Kinds.Add("public-assistance");
            })),
            await TryAsync("a provider outside the row (厚生労働大臣)", "PROVIDER-NOT-IN-ENTRY", () => AskAsync(request => request.Provider = NetworkFolder.HealthMinister)),
            await TryAsync("a tax year outside the range", "CONDITION-OUT-OF-RANGE", () => AskAsync(request => request.Conditions.TaxYear = 1999)),
            await TryAsync("another agency's link code", "LINK-CODE-REFUSED", () => yokohama.AuthorizeAsync(yokohama.Ask(foreign))),
            await TryAsync("a forged link code", "LINK-CODE-REFUSED", () => yokohama.AuthorizeAsync(yokohama.Ask(Forged()))),
            await TryAsync("an expired token", "TOKEN-EXPIRED", () => LaterAsync(() => yokohama.FetchAsync(NetworkFolder.Provider, yokohama.Fetch(late)))),
            await TryAsync("a value outside the layout", "LAYOUT-VIOLATION", () => network.Requester.Agent.FetchAsync(
                ExistingSystems.OddAtYokohama, Entry, NetworkFolder.Provider, new InquiryConditions { TaxYear = TaxYear }, Clerk, Role)),
        ];

        Task AskAsync(Action<V1.AuthorizeRequest> bend)
        {
            var request = yokohama.Ask(own);
            bend(request);
            return yokohama.AuthorizeAsync(request);
        }
    }

    /// <summary>What stands in each party's log about one exchange, once the provider has settled it.</summary>
    public async Task<IReadOnlyList<(string Party, IReadOnlyList<StoredEntry> Entries)>> RecordsAsync(ExchangeId exchange)
    {
        var patience = Stopwatch.StartNew();
        while (true)
        {
            var broker = await network.Broker.Log.Store.FindAsync(exchange, CancellationToken.None);
            if (broker.Any(entry => entry.Open.Event == V1.AccessEvent.Settled) || patience.Elapsed > TimeSpan.FromSeconds(5))
            {
                // What was asked bears no exchange's name yet: the broker gives it.
                var all = await network.Requester.Log.Store.ReadAsync(0, int.MaxValue, CancellationToken.None);
                var asked = all.TakeWhile(entry => !entry.Open.ExchangeId.Span.SequenceEqual(exchange.ToArray())).Last(entry => entry.Open.Event == V1.AccessEvent.Asked);
                return
                [
                    ("Yokohama (requester)", [asked, .. await network.Requester.Log.Store.FindAsync(exchange, CancellationToken.None)]),
                    ("broker", broker),
                    ("Setagaya (provider)", await network.Provider.Log.Store.FindAsync(exchange, CancellationToken.None)),
                ];
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), time);
        }
    }

    private async Task<LinkCode> CodeAsync(string agency, string person) =>
        await Agent.Links.LinkTable.Open(network.Folder.AgencyPath(agency, "data/links.db")).CodeOfAsync(person, CancellationToken.None)
        ?? throw new InvalidOperationException("The folder has no link for " + person);

    private static LinkCode Forged() => new(NetworkFolder.Epoch, RandomNumberGenerator.GetBytes(LinkCode.BlockLength));

    /// <summary>Setagaya's clock goes 71 seconds ahead: a token lives for 60, and 10 more are granted for clocks that disagree.</summary>
    private async Task LaterAsync(Func<Task> act)
    {
        network.ProviderClock.Ahead = TimeSpan.FromSeconds(71);
        try
        {
            await act();
        }
        finally
        {
            network.ProviderClock.Ahead = TimeSpan.Zero;
        }
    }

    private static async Task<RefusalResult> TryAsync(string what, string expected, Func<Task> act) =>
        new(what, await HandMadeClient.RefusalOfAsync(act), expected);
}

/// <summary>What came of the exchange.</summary>
public sealed record ExchangeResult(string Id, ExchangeId? ExchangeId, IReadOnlyDictionary<string, ItemAnswer>? Items, double ElapsedMilliseconds)
{
    public string? Refusal { get; init; }

    public bool Answered => Items is not null;
}

/// <summary>What came of one attempt that must fail.</summary>
public sealed record RefusalResult(string Case, string Refused, string Expected)
{
    public bool AsItShould => string.Equals(Refused, Expected, StringComparison.Ordinal);
}
