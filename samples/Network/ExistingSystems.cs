using Dapper;
using InfoLink.Agent;
using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.Broker.Codes;
using InfoLink.CodeAuthority.Derivation;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using Microsoft.Data.Sqlite;

namespace InfoLink.Samples.Network;

/// <summary>
/// The agencies' own systems, with made-up people: Setagaya's tax and resident records in SQLite, and at both agencies the links between local
/// identifiers and link codes. In life the codes come from the code authority and the broker, by tickets; here they are made in place.
/// </summary>
internal static class ExistingSystems
{
    /// <summary>The claimant's identifiers at the two agencies: nothing in one tells the other.</summary>
    public const string ClaimantAtYokohama = "Y-2026-0417";
    public const string ClaimantAtSetagaya = "S-77310";

    /// <summary>A person whose record in Setagaya's system holds a code that the layout does not know.</summary>
    public const string OddAtYokohama = "Y-2026-0533";

    /// <summary>A person whom Setagaya does not know.</summary>
    public const string StrangerAtYokohama = "Y-2026-0602";

    private const string TaxQuery = """
        SELECT tax_year AS "tax-year", taxation_class AS "taxation-class", per_capita_levy AS "per-capita-levy", income_levy AS "income-levy",
               total_income AS "total-income", salary_receipts AS "salary-receipts", spouse AS "spouse-in-same-livelihood",
               dependants AS "dependants", dependants_u16 AS "dependants-under-16", assessed_on AS "assessed-on"
        FROM resident_tax WHERE person = @person AND tax_year = @taxYear
        """;

    private const string RelationshipQuery = """
        SELECT householder AS "householder", householder_name AS "householder-name", 'not-applicable' AS "householder-name:absent",
               relationship AS "relationship"
        FROM resident WHERE person = @person
        """;

    /// <summary>Which query answers which kind, and where the agency's own persons stand.</summary>
    public static void Connect(AgentOptions options)
    {
        if (options.Agency is NetworkFolder.Provider or NetworkFolder.Requester)
        {
            CreatePersons(Path.Combine(options.Folder, "persons.db"));
            options.Persons = new SqlPersonOptions { Sqlite = "persons.db", Query = "SELECT name, kana, address, birth_date, sex FROM person WHERE person = @person" };
        }

        if (string.Equals(options.Agency, NetworkFolder.Provider, StringComparison.Ordinal))
        {
            options.Sources.Add(new SourceOptions { Kind = "municipal-inhabitant-tax", Sqlite = "existing.db", Query = TaxQuery });
            options.Sources.Add(new SourceOptions { Kind = "resident-record-relationship", Sqlite = "existing.db", Query = RelationshipQuery });
        }
    }

    public static void Create(NetworkFolder folder)
    {
        CreateDatabase(folder.AgencyPath(NetworkFolder.Provider, "existing.db"));
        Link(folder);
        var claimant = new LocalPerson { Id = LocalId.Of(ClaimantAtYokohama), Name = "甲野 花子", Kana = "コウノ ハナコ", BirthDate = "平成2年4月17日", Sex = "女" };
        Enter(folder, NetworkFolder.Requester, claimant);
        Enter(folder, NetworkFolder.Provider, claimant with { Id = LocalId.Of(ClaimantAtSetagaya), Name = "甲野　花子", Kana = "ｺｳﾉ ﾊﾅｺ", BirthDate = "1990-04-17" });
    }

    /// <summary>Enters a person into an agency's own register of persons.</summary>
    public static void Enter(NetworkFolder folder, string agency, LocalPerson person)
    {
        using var persons = new SqliteConnection($"Data Source={folder.AgencyPath(agency, "persons.db")};Pooling=false");
        persons.Execute(
            "INSERT OR REPLACE INTO person VALUES (@id, @Name, @Kana, @Address, @BirthDate, @Sex)",
            new { id = person.Id.Value, person.Name, person.Kana, person.Address, person.BirthDate, person.Sex });
    }

    private static void CreatePersons(string path)
    {
        using var persons = new SqliteConnection($"Data Source={path};Pooling=false");
        persons.Execute("CREATE TABLE IF NOT EXISTS person(person TEXT PRIMARY KEY, name TEXT, kana TEXT, address TEXT, birth_date TEXT, sex TEXT)");
    }

    /// <summary>Setagaya's own system.</summary>
    public static void CreateDatabase(string path)
    {
        using var setagaya = new SqliteConnection($"Data Source={path}");
        setagaya.Open();
        setagaya.Execute(
            """
            CREATE TABLE resident_tax(person TEXT, tax_year INTEGER, taxation_class TEXT, per_capita_levy INTEGER, income_levy INTEGER,
              total_income INTEGER, salary_receipts INTEGER, spouse TEXT, dependants INTEGER, dependants_u16 INTEGER, assessed_on TEXT,
              PRIMARY KEY (person, tax_year));
            CREATE TABLE resident(person TEXT PRIMARY KEY, householder TEXT, householder_name TEXT, relationship TEXT);
            INSERT INTO resident_tax VALUES ('S-77310', 2026, '3', 3000, 124500, 3480000, 4900000, 'false', 0, 2, '2026-05-15');
            INSERT INTO resident_tax VALUES ('S-77310', 2025, '3', 3000, 118200, 3350000, 4750000, 'false', 0, 2, '2025-05-16');
            INSERT INTO resident_tax VALUES ('S-81002', 2026, '9', 3000, 0, 0, 0, 'false', 0, 0, '2026-05-15');
            INSERT INTO resident VALUES ('S-77310', 'true', NULL, '02');
            """);
    }

    private static void Link(NetworkFolder folder)
    {
        // The resident registry's codes of three made-up people; test codes are of a kind of their own and never meet real ones.
        (string Code, string AtRequester, string? AtProvider)[] people =
        [
            ("02034038050", ClaimantAtYokohama, ClaimantAtSetagaya),
            ("97851014288", OddAtYokohama, "S-81002"),
            ("75843035655", StrangerAtYokohama, null),
        ];
        using var authority = new IdCodeDerivation(KeyFile.ReadKey(folder.InstitutionPath(NetworkFolder.CodeAuthority, "code-authority.key")));
        using var masters = new CodeMasters();
        masters.Add(NetworkFolder.Epoch, KeyFile.ReadKey(folder.Path("broker", "keys", "masters", $"{NetworkFolder.Epoch}.key")));
        var cipher = new LinkCodeCipher(masters);
        foreach (var (text, atRequester, atProvider) in people)
        {
            var id = authority.Derive(ResidentRecordCode.Parse(text), IdCodeKind.Test, generation: 0);
            Put(folder, cipher, id, NetworkFolder.Requester, atRequester);
            if (atProvider is not null)
            {
                Put(folder, cipher, id, NetworkFolder.Provider, atProvider);
            }

            Put(folder, cipher, id, NetworkFolder.Bystander, "K-" + atRequester);
        }
    }

    private static void Put(NetworkFolder folder, LinkCodeCipher cipher, IdCode id, string agency, string person)
    {
        var links = LinkTable.Open(folder.AgencyPath(agency, "data/links.db"));
        links.PutAsync(person, cipher.Encode(id, AgencyId.Parse(agency), NetworkFolder.Epoch)).GetAwaiter().GetResult();
    }
}
