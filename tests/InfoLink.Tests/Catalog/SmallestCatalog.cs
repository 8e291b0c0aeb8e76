using System.Text;
using InfoLink.Authoring;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Tests.Catalog;

/// <summary>smallest.yaml, and the question its one entry allows: tests change one thing at a time.</summary>
internal static class SmallestCatalog
{
    public static readonly CategoryId Mayor = CategoryId.Parse("mayor");
    public static readonly KindId Tax = KindId.Parse("tax");
    public static readonly EntryId Entry = EntryId.Parse("106.mayor.108-1-ro");

    public static string Path => RepositoryRoot.Path("tests", "InfoLink.Tests", "Catalog", "smallest.yaml");

    public static string Text => File.ReadAllText(Path);

    public static StatuteCatalog Load() => Load(text => text);

    public static StatuteCatalog Load(Func<string, string> change)
    {
        var text = change(Text);
        return CatalogFile.Parse("smallest.yaml", Encoding.UTF8.GetBytes(text)) switch
        {
            Loaded<StatuteCatalog>.Whole whole => whole.Value,
            Loaded<StatuteCatalog>.Broken broken => throw new InvalidOperationException(string.Join('\n', broken.Errors)),
            _ => throw new InvalidOperationException(),
        };
    }

    public static CatalogParty MayorOf(string id) => new(AgencyId.Parse(id), [new CategoryTerm(Mayor, new DateOnly(2000, 1, 1), Until: null)]);

    public static CatalogQuestion Question() => new()
    {
        Requester = MayorOf("yokohama"),
        Provider = MayorOf("setagaya"),
        Entry = Entry,
        Role = SubjectRole.Parse("claimant"),
        Kinds = [Tax],
        Conditions = new InquiryConditions { TaxYear = 2026 },
        Mode = ExchangeModes.Single,
        Date = new DateOnly(2026, 9, 15),
    };

    public static (CatalogDenial Reason, string Detail)? DenialOf(this StatuteCatalog catalog, CatalogQuestion question) =>
        CatalogDecision.Decide(catalog, question) is CatalogDecision.Denied denied ? (denied.Reason, denied.Detail) : null;
}
