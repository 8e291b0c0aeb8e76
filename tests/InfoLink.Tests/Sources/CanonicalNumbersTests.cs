using System.Data;
using System.Data.Common;
using System.Globalization;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using Xunit;

namespace InfoLink.Tests.Sources;

/// <summary>Columns of types that SQLite does not have, from a database that gives them: a table in memory.</summary>
public sealed class CanonicalNumbersTests
{
    public static TheoryData<object, string> Columns => new()
    {
        { 1.50m, "1.5" },
        { 100.00m, "100" },
        { 0.0000001m, "0.0000001" },
        { -0.0m, "0" },
        { 79_228_162_514_264_337_593_543_950_335m, "79228162514264337593543950335" },
        { 12.25d, "12.25" },
        { 1e15d, "1000000000000000" },
        { true, "true" },
        { false, "false" },
        { (short)7, "7" },
        { new DateTime(2026, 5, 15, 0, 0, 0, DateTimeKind.Unspecified), "2026-05-15" },
        { new DateOnly(2026, 5, 15), "2026-05-15" },
    };

    [Theory]
    [MemberData(nameof(Columns))]
    public async Task A_value_has_one_text_whatever_type_the_database_has_for_it(object column, string text)
    {
        ArgumentNullException.ThrowIfNull(column);
        var source = new SqlSource(() => new OneRowConnection(column), "SELECT item");
        var items = await source.ReadAsync(
            new InformationRequest
            {
                Person = "S-1",
                Kind = KindId.Parse("k"),
                Conditions = InquiryConditions.None,
                Entry = EntryId.Parse("106.municipality.108-1-ro"),
                Role = SubjectRole.Parse("claimant"),
                Requester = AgencyId.Parse("141003"),
            },
            CancellationToken.None);
        Assert.Equal(text, Assert.IsType<ItemAnswer.Value>(items!["item"]).Text);
    }

    /// <summary>A database with one row of one column.</summary>
    private sealed class OneRowConnection(object column) : DbConnection
    {
        private ConnectionState _state;

        [System.Diagnostics.CodeAnalysis.AllowNull]
        public override string ConnectionString { get; set; } = "";

        public override string Database => "";

        public override string DataSource => "";

        public override string ServerVersion => "";

        public override ConnectionState State => _state;

        public override void ChangeDatabase(string databaseName) => throw new NotSupportedException();

        public override void Close() => _state = ConnectionState.Closed;

        public override void Open() => _state = ConnectionState.Open;

        protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => throw new NotSupportedException();

        protected override DbCommand CreateDbCommand() => new OneRowCommand(column) { Connection = this };
    }

    private sealed class OneRowCommand(object column) : DbCommand
    {
        private readonly Microsoft.Data.Sqlite.SqliteCommand _parameters = new();

        [System.Diagnostics.CodeAnalysis.AllowNull]
        public override string CommandText { get; set; } = "";

        public override int CommandTimeout { get; set; }

        public override CommandType CommandType { get; set; }

        public override bool DesignTimeVisible { get; set; }

        public override UpdateRowSource UpdatedRowSource { get; set; }

        protected override DbConnection? DbConnection { get; set; }

        protected override DbParameterCollection DbParameterCollection => _parameters.Parameters;

        protected override DbTransaction? DbTransaction { get; set; }

        public override void Cancel()
        {
        }

        public override int ExecuteNonQuery() => throw new NotSupportedException();

        public override object ExecuteScalar() => throw new NotSupportedException();

        public override void Prepare()
        {
        }

        protected override DbParameter CreateDbParameter() => _parameters.CreateParameter();

        protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior)
        {
            var table = new DataTable { Locale = CultureInfo.InvariantCulture };
            table.Columns.Add("item", column.GetType());
            table.Rows.Add(column);
            return table.CreateDataReader();
        }

        protected override void Dispose(bool disposing)
        {
            _parameters.Dispose();
            base.Dispose(disposing);
        }
    }
}
