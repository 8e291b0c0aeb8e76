using System.Globalization;
using InfoLink.Agent;
using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identifiers;
using InfoLink.Matching;
using InfoLink.Samples.Registry;
using InfoLink.Samples.Registry.Drifting;
using InfoLink.V1;
using BasicAttributes = InfoLink.V1.BasicAttributes;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Samples.Network;

/// <summary>
/// Before anything is exchanged: made-up residents on a register, each with a number that the numbering authority gave; and both agencies' link codes, which
/// they come by from the registry's tickets, by what their own systems have of a person. Then a link that went wrong, stopped before a value leaves.
/// </summary>
public sealed class People : IAsyncDisposable
{
    /// <summary>An entry that demands that both agencies mean the same person.</summary>
    public const string CheckedEntry = "69.municipality.71-1";

    private const string MistakenAtYokohama = "Y-2026-0702";
    private const string OtherAtSetagaya = "S-90001";
    private static readonly LinkAct Clerk = new("住民記録係", "符号の取得");
    private readonly RunningNetwork _network;
    private readonly TimeProvider _time;
    private readonly RunningInstitutions _institutions;
    private readonly IReadOnlyList<Resident> _residents;

    private People(RunningNetwork network, TimeProvider time, RunningInstitutions institutions) =>
        (_network, _time, _institutions, _residents) = (network, time, institutions, institutions.PlainResidents);

    /// <summary>Starts the code authority, the registry with its people, and the numbering authority.</summary>
    public static async Task<People> StartAsync(RunningNetwork network, TimeProvider time, ILoggerFactory loggers) =>
        new(network, time, await RunningInstitutions.StartAsync(network.Folder, time, loggers));

    /// <summary>Every resident gets a number, once: asking again gives nobody a second one. The registry is not told which.</summary>
    public async Task<NumberedResult> NumberAsync()
    {
        using var registry = new HandMadeClient(
            NetworkFolder.Registry, _network.Folder.IdentityOfInstitution(NetworkFolder.Registry), _network.Folder.Members(), _time);
        var request = new AssignRequest();
        var at = 0;
        request.Persons.Add(_institutions.Registry.Register.All().Select(person => new PersonToNumber { RecordCode = person.Code.Reveal(), Addressee = string.Create(CultureInfo.InvariantCulture, $"letter-{at++}") }));
        var first = await registry.AssignAsync(request);
        var again = await registry.AssignAsync(request);
        return new NumberedResult(
            request.Persons.Count,
            first.Outcomes.Count(outcome => outcome is NumberingOutcome.NumberingGiven or NumberingOutcome.NumberingHeld),
            again.Outcomes.Count(outcome => outcome == NumberingOutcome.NumberingGiven),
            first.Numbers.Count);
    }

    /// <summary>Both agencies come by their codes of the claimant, each from its own record of her.</summary>
    public async Task<LinkedResult> LinkAsync()
    {
        var written = new OldRecords(1, Drift.Writing);
        for (var i = 0; i < _residents.Count; i++)
        {
            var here = Local(ExistingSystems.ClaimantAtYokohama, _residents[i].Current);
            var there = Local(ExistingSystems.ClaimantAtSetagaya, written.Of(_residents[i], i).Attributes);
            if (string.Equals(here.Address, there.Address, StringComparison.Ordinal)
                || !string.Equals(KanaForm.Of(here.Kana), KanaForm.Of(there.Kana), StringComparison.Ordinal)
                || string.IsNullOrEmpty(there.Sex))
            {
                continue; // Somebody whose two records are written differently tells more; but a reading that is gone would leave her to a human.
            }

            var one = await AnewAsync(_network.Requester, here);
            var other = await AnewAsync(_network.Provider, there);
            if (one.Result == LinkingResult.Linked && other.Result == LinkingResult.Linked)
            {
                ExistingSystems.Enter(_network.Folder, NetworkFolder.Requester, here);
                ExistingSystems.Enter(_network.Folder, NetworkFolder.Provider, there);
                var codes = (await CodeAsync(_network.Requester, here.Id.Value), await CodeAsync(_network.Provider, there.Id.Value));
                return new LinkedResult(one.Result, other.Result, here.Address!, there.Address!, codes.Item1 != codes.Item2);
            }
        }

        throw new InvalidOperationException("No resident of the sample's register can be linked by both agencies.");
    }

    /// <summary>
    /// A clerk at Yokohama took the code with another person's attributes, as in 2023: a family member's form, a namesake. The code is genuine, the broker converts it,
    /// and Setagaya would answer with the other person's tax.
    /// </summary>
    public async Task<WrongLinkResult> MistakeAsync()
    {
        var (mistaken, other) = (_residents[^1], _residents[^2]);
        ExistingSystems.Enter(_network.Folder, NetworkFolder.Requester, Local(MistakenAtYokohama, mistaken.Current));
        var wrong = await AnewAsync(_network.Requester, Local(MistakenAtYokohama, other.Current));
        var right = Local(OtherAtSetagaya, other.Current);
        ExistingSystems.Enter(_network.Folder, NetworkFolder.Provider, right);
        await AnewAsync(_network.Provider, right);
        var inquiry = new Inquiry
        {
            Entry = EntryId.Parse(CheckedEntry),
            Provider = AgencyId.Parse(NetworkFolder.Provider),
            Role = SubjectRole.Parse("insured-person"),
            Conditions = new InquiryConditions { TaxYear = Walk.TaxYear },
        };
        var clerk = new Asker("国民健康保険係", "terminal-3", "一部負担金の算定", "2026-KH-0031");
        var fetched = await _network.Requester.Agent.FetchAsync([MistakenAtYokohama], inquiry, clerk);
        for (var again = 0; again < 2 && fetched.Persons[0] is not FetchedPerson.Refused; again++)
        {
            fetched = await _network.Requester.Agent.FetchAsync([MistakenAtYokohama], inquiry, clerk); // Two tags of eight bits let one question in 256 wait for a human instead.
        }

        var claimant = await _network.Requester.Agent.FetchAsync([ExistingSystems.ClaimantAtYokohama], inquiry, clerk);
        var doubtful = await _network.Requester.Agent.Links.QuarantinedAsync();
        return new WrongLinkResult(
            wrong.Result,
            (fetched.Persons[0] as FetchedPerson.Refused)?.Refusal.Text ?? fetched.Persons[0].GetType().Name,
            doubtful.Any(link => string.Equals(link.Id.Value, MistakenAtYokohama, StringComparison.Ordinal)),
            claimant.Persons[0] is FetchedPerson.Answered);
    }

    public ValueTask DisposeAsync() => _institutions.DisposeAsync();

    private static async Task<PersonLinked> AnewAsync(AgentHost agency, LocalPerson person)
    {
        await agency.Agent.Links.UnlinkAsync(person.Id, Clerk);
        return await agency.Agent.LinkAsync(person, Clerk);
    }

    private static async Task<LinkCode> CodeAsync(AgentHost agency, string person) =>
        await agency.Agent.Links.CodeOfAsync(person, CancellationToken.None) ?? throw new InvalidOperationException("A person who was linked has no link.");

    private static LocalPerson Local(string id, Attributes attributes) =>
        Local(id, new BasicAttributes { Name = attributes.Name, Kana = attributes.Kana, Address = attributes.Address, BirthDate = attributes.BirthDate, Sex = attributes.Sex });

    private static LocalPerson Local(string id, BasicAttributes attributes) => new()
    {
        Id = LocalId.Of(id),
        Name = attributes.Name,
        Kana = attributes.Kana,
        Address = attributes.Address,
        BirthDate = attributes.BirthDate,
        Sex = attributes.Sex,
    };
}

/// <summary>What came of numbering.</summary>
/// <param name="Residents">On the register.</param>
/// <param name="Numbered">Who have a number.</param>
/// <param name="Twice">Who got a second one when the registry asked again.</param>
/// <param name="SeenByRegistry">Numbers that the registry was told.</param>
public sealed record NumberedResult(int Residents, int Numbered, int Twice, int SeenByRegistry)
{
    public bool AsItShould => Numbered == Residents && Twice == 0 && SeenByRegistry == 0;
}

/// <summary>What came of linking the claimant. The addresses are made up, as she is.</summary>
public sealed record LinkedResult(LinkingResult AtRequester, LinkingResult AtProvider, string WrittenAtRequester, string WrittenAtProvider, bool CodesDiffer)
{
    public bool AsItShould => AtRequester == LinkingResult.Linked && AtProvider == LinkingResult.Linked && CodesDiffer;
}

/// <summary>What came of the wrong link.</summary>
/// <param name="Linking">How the registry took it: as a match, for it is somebody.</param>
/// <param name="Refused">What the exchange ended with.</param>
/// <param name="Quarantined">The link is not used again until somebody decides.</param>
/// <param name="RightOneAnswered">The same entry for a person who is linked rightly.</param>
public sealed record WrongLinkResult(LinkingResult Linking, string Refused, bool Quarantined, bool RightOneAnswered)
{
    public bool AsItShould => Linking == LinkingResult.Linked && string.Equals(Refused, "IDENTITY-MISMATCH", StringComparison.Ordinal) && Quarantined && RightOneAnswered;
}
