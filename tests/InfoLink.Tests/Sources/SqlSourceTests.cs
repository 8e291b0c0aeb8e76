using Dapper;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Tests.EndToEnd;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Sources;

public sealed class SqlSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _connection;

    public SqlSourceTests()
    {
        _connection = $"Data Source={_folder.Path("existing.db")}";
        Execute(
            """
            CREATE TABLE tax(person TEXT, year INTEGER, amount INTEGER);
            INSERT INTO tax VALUES ('S-1', 2026, 3000), ('S-1', 2025, 2500), ('S-2', 2026, 1), ('S-2', 2026, 2), ('S-3', 2026, NULL);
            """);
    }

    public static TheoryData<string> Injections =>
    [
        "' OR '1'='1", "S-1' --", "S-1'; DROP TABLE tax; --", "%", "S_1", "S-1\0", "S-1 ",
        "' UNION SELECT 1 --", "@person", "\" OR \"\"=\"",
    ];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_row_of_the_person_and_the_year_is_the_answer()
    {
        var items = await ReadAsync("SELECT amount FROM tax WHERE person = @person AND year = @taxYear", "S-1", new InquiryConditions { TaxYear = 2025 });
        Assert.Equal("2500", Assert.IsType<ItemAnswer.Value>(items!["amount"]).Text);
    }

    [Fact]
    public async Task No_row_is_nothing_to_answer() =>
        Assert.Null(await ReadAsync("SELECT amount FROM tax WHERE person = @person AND year = @taxYear", "S-1", new InquiryConditions { TaxYear = 2020 }));

    [Fact]
    public async Task Two_rows_are_an_error_and_never_a_guess()
    {
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(
            () => ReadAsync("SELECT amount FROM tax WHERE person = @person AND year = @taxYear", "S-2", new InquiryConditions { TaxYear = 2026 }));
        Assert.DoesNotContain("S-2", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_null_is_absent_for_the_reason_in_the_column_beside_it()
    {
        var items = await ReadAsync("SELECT amount, 'not-yet-determined' AS \"amount:absent\" FROM tax WHERE person = @person", "S-3");
        Assert.Equal(AbsenceReason.NotYetDetermined, Assert.IsType<ItemAnswer.Absent>(items!["amount"]).Reason);
        Assert.Single(items);
    }

    [Theory]
    [InlineData("SELECT amount FROM tax WHERE person = @person")]
    [InlineData("SELECT amount, NULL AS \"amount:absent\" FROM tax WHERE person = @person")]
    [InlineData("SELECT amount, 'because' AS \"amount:absent\" FROM tax WHERE person = @person")]
    [InlineData("SELECT amount, 5 AS \"amount:absent\" FROM tax WHERE person = @person")]
    public async Task A_null_without_a_reason_that_is_known_is_not_recorded(string query)
    {
        var items = await ReadAsync(query, "S-3");
        Assert.Equal(AbsenceReason.NotRecorded, Assert.IsType<ItemAnswer.Absent>(items!["amount"]).Reason);
    }

    [Fact]
    public async Task A_reason_beside_a_value_does_not_take_the_value_away()
    {
        var items = await ReadAsync("SELECT amount, 'not-recorded' AS \"amount:absent\" FROM tax WHERE person = @person AND year = 2025", "S-1");
        Assert.Equal("2500", Assert.IsType<ItemAnswer.Value>(items!["amount"]).Text);
    }

    [Theory]
    [InlineData("3000", "3000")]
    [InlineData("-3480000", "-3480000")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("3000.0", "3000")]
    [InlineData("10.5", "10.5")]
    [InlineData("0.0001", "0.0001")]
    [InlineData("100000000000.0 * 1000000", "100000000000000000")]
    [InlineData("0.00001", "0.00001")]
    [InlineData("'2026-05-15'", "2026-05-15")]
    [InlineData("'  as it stands '", "  as it stands ")]
    [InlineData("'横浜'", "横浜")]
    public async Task Every_type_of_a_column_becomes_its_canonical_text(string column, string text)
    {
        var items = await ReadAsync($"SELECT {column} AS item WHERE @person = @person", "S-1");
        Assert.Equal(text, Assert.IsType<ItemAnswer.Value>(items!["item"]).Text);
    }

    [Fact]
    public async Task A_column_that_has_no_text_is_an_error_that_does_not_repeat_it()
    {
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => ReadAsync("SELECT x'5345435245' AS item", "S-1"));
        Assert.DoesNotContain("SECRE", fault.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [MemberData(nameof(Injections))]
    public async Task A_persons_identifier_is_a_value_and_never_sql(string person)
    {
        Assert.Null(await ReadAsync("SELECT amount FROM tax WHERE person = @person", person));
        using var connection = new SqliteConnection(_connection);
        Assert.Equal(5, connection.ExecuteScalar<long>("SELECT COUNT(*) FROM tax"));
    }

    [Fact]
    public async Task A_condition_that_was_not_given_matches_nothing() =>
        Assert.Null(await ReadAsync("SELECT amount FROM tax WHERE person = @person AND year = @taxYear", "S-1", InquiryConditions.None));

    [Fact]
    public async Task Every_condition_is_there_for_the_query()
    {
        var conditions = new InquiryConditions
        {
            TaxYear = 2026,
            Period = new InquiryPeriod(new DateOnly(2026, 4, 1), new DateOnly(2026, 8, 31)),
            AsOf = new DateOnly(2026, 9, 1),
        };
        var items = await ReadAsync("SELECT @person || @taxYear || @from || @to || @asOf AS item", "S-1", conditions);
        Assert.Equal("S-120262026-04-012026-08-312026-09-01", Assert.IsType<ItemAnswer.Value>(items!["item"]).Text);
    }

    [Fact]
    public async Task A_parameter_that_no_condition_fills_is_an_error() =>
        await Assert.ThrowsAnyAsync<Exception>(() => ReadAsync("SELECT amount FROM tax WHERE person = @person AND year = @year", "S-1"));

    private Task<Items?> ReadAsync(string query, string person, InquiryConditions? conditions = null) =>
        new SqlSource(() => new SqliteConnection(_connection), query).ReadAsync(
            new InformationRequest
            {
                Person = person,
                Kind = KindId.Parse("municipal-inhabitant-tax"),
                Conditions = conditions ?? InquiryConditions.None,
                Entry = EntryId.Parse("106.municipality.108-1-ro"),
                Role = SubjectRole.Parse("claimant"),
                Requester = AgencyId.Parse("141003"),
            },
            CancellationToken.None);

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection(_connection);
        connection.Execute(sql);
    }
}
