using System.Data.Common;

namespace InfoLink.Agent.Sources;

/// <summary>
/// One SQL query against the agency's own database. Its columns are named after the data items; a NULL is absent with the reason in the
/// column <c>item:absent</c>, or <c>not-recorded</c> where the query has no such column. Parameters: <c>@person</c>, <c>@taxYear</c>,
/// <c>@from</c>, <c>@to</c>, <c>@asOf</c>. No row: nothing to answer. More than one row is an error in the query, never a guess.
/// </summary>
public sealed class SqlSource(Func<DbConnection> connect, string query) : IInformationSource
{
    private readonly SqlRecords _records = new(connect, query);

    public async Task<Items?> ReadAsync(InformationRequest request, CancellationToken cancellation) => (await _records.FindAsync(request, cancellation))?.ToItems();
}
