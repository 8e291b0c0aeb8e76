using Dapper;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using Microsoft.Data.Sqlite;

namespace InfoLink.Agent.Links;

/// <summary>May a link be used?</summary>
public enum LinkState
{
    Active = 0,

    /// <summary>In doubt: not used until a person decides.</summary>
    Quarantined = 1,
}

/// <summary>
/// Which of the agency's persons is which link code: the agency's own identifiers on one side, its own codes on the other. Codes are
/// never shown; a person who is withheld or quarantined is, to other agencies, as one who is not here. Every change has its history.
/// </summary>
public sealed partial class LinkTable
{
    private readonly string _connection;
    private readonly TimeProvider _time;

    private LinkTable(string connection, TimeProvider time) => (_connection, _time) = (connection, time);

    /// <param name="path">The file; made where it is not there.</param>
    /// <param name="time">For the history.</param>
    /// <exception cref="InvalidOperationException">The file is of a later version.</exception>
    public static LinkTable Open(string path, TimeProvider? time = null)
    {
        var table = new LinkTable(new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 5 }.ToString(), time ?? TimeProvider.System);
        using var connection = table.Connect();
        LinkSchema.Make(connection);
        return table;
    }

    /// <summary>A table without a file, for a developer's tests.</summary>
    /// <param name="name">Of its own in this process.</param>
    /// <param name="time">For the history.</param>
    /// <param name="life">The table is there as long as this is not disposed of.</param>
    internal static LinkTable OpenInMemory(string name, TimeProvider time, out IDisposable life)
    {
        var table = new LinkTable(new SqliteConnectionStringBuilder { DataSource = $"file:/{name}?vfs=memdb", DefaultTimeout = 5, Pooling = false }.ToString(), time);
        var connection = table.Connect();
        LinkSchema.Make(connection);
        life = connection;
        return table;
    }

    /// <summary>Enters a person's link code, or replaces it; marks stay with the person.</summary>
    /// <returns>Whether a link ended by it through which exchanges were made: then a remedy is due.</returns>
    /// <exception cref="InvalidOperationException">The code is another person's: one of the two links is wrong. Neither is named.</exception>
    /// <exception cref="RefusedException">NUMBER-AS-KEY: what stands for the person reads as an individual number.</exception>
    public Task<LinkChanged> PutAsync(string person, LinkCode code, CancellationToken cancellation = default) =>
        PutAsync(LocalId.Of(person), code, LinkAct.ByProgram, cancellation);

    /// <inheritdoc cref="PutAsync(string, LinkCode, CancellationToken)"/>
    public async Task<LinkChanged> PutAsync(LocalId id, LinkCode code, LinkAct act, CancellationToken cancellation = default)
    {
        var put = LinkPut.Already;
        await WriteAsync(writing => put = writing.Put(id, code, act), cancellation);
        return put switch
        {
            LinkPut.Another => throw new InvalidOperationException(
                "The link code already stands with another person: one of the two links is wrong. Check both with the resident registry."),
            LinkPut.Moved => await EndedAsync(id, cancellation),
            _ => new LinkChanged(Done: true, Remedy: null),
        };
    }

    /// <summary>Marks a person: withheld (不開示), manual only (自動応答不可), link quarantined. What is not said stays as it is.</summary>
    /// <returns>False where there is no such person.</returns>
    /// <exception cref="RefusedException">NUMBER-AS-KEY, as for <see cref="PutAsync(string, LinkCode, CancellationToken)"/>.</exception>
    public Task<bool> MarkAsync(
        string person, LinkState? state = null, bool? withheld = null, bool? manualOnly = null, CancellationToken cancellation = default) =>
        MarkAsync(LocalId.Of(person), LinkAct.ByProgram, state, withheld, manualOnly, cancellation);

    /// <inheritdoc cref="MarkAsync(string, LinkState?, bool?, bool?, CancellationToken)"/>
    public async Task<bool> MarkAsync(
        LocalId id, LinkAct act, LinkState? state = null, bool? withheld = null, bool? manualOnly = null, CancellationToken cancellation = default)
    {
        var known = false;
        await WriteAsync(writing => known = writing.Mark(id, act, state, withheld, manualOnly), cancellation);
        return known;
    }

    /// <summary>For asking: the person's link code; null where there is none that may be used.</summary>
    internal Task<LinkCode?> CodeOfAsync(string person, CancellationToken cancellation) => CodeOfAsync(LocalId.Of(person), cancellation);

    /// <summary>The agency's current epoch, where it is known: while codes change, those of this epoch are asked with.</summary>
    internal Func<byte?> CurrentEpoch { get; set; } = () => null;

    /// <inheritdoc cref="CodeOfAsync(string, CancellationToken)"/>
    internal async Task<LinkCode?> CodeOfAsync(LocalId id, CancellationToken cancellation)
    {
        await using var connection = Connect();
        var bytes = await connection.QuerySingleOrDefaultAsync<byte[]>(new CommandDefinition(
            """
            SELECT CASE WHEN substr(other_code, 1, 1) = @current THEN other_code ELSE link_code END
            FROM local_id JOIN person ON number = person WHERE kind = @Kind AND value = @Value AND state = 0
            """,
            new { id.Kind, id.Value, current = CurrentEpoch() is { } epoch ? new[] { epoch } : null },
            cancellationToken: cancellation));
        return bytes is null ? null : LinkCode.FromBytes(bytes);
    }

    /// <summary>The codes of one epoch that many identifiers have, whatever their state, in order; null where there is none.</summary>
    internal async Task<IReadOnlyList<LinkCode?>> CodesOfAsync(IReadOnlyList<LocalId> ids, byte epoch, CancellationToken cancellation)
    {
        await using var connection = Connect();
        var codes = new LinkCode?[ids.Count];
        for (var i = 0; i < codes.Length; i++)
        {
            codes[i] = LinkWriting.CodeOf(connection, transaction: null, ids[i], epoch);
            cancellation.ThrowIfCancellationRequested();
        }

        return codes;
    }

    /// <summary>
    /// For answering: the person behind a link code. Unknown, withheld, quarantined and not to be answered automatically are one answer of one
    /// query.
    /// </summary>
    internal Task<LinkedPerson?> PersonOfAsync(LinkCode code, CancellationToken cancellation) => PersonOfAsync(code, byHand: false, cancellation);

    /// <inheritdoc cref="PersonOfAsync(LinkCode, CancellationToken)"/>
    /// <param name="code">The agency's own.</param>
    /// <param name="byHand">A person answers: who is not to be answered automatically is here too.</param>
    /// <param name="cancellation">Gives up.</param>
    internal async Task<LinkedPerson?> PersonOfAsync(LinkCode code, bool byHand, CancellationToken cancellation)
    {
        await using var connection = Connect();
        var ids = (await connection.QueryAsync<(string Kind, string Value)>(new CommandDefinition(
            """
            SELECT kind, value FROM person JOIN local_id ON person = number
            WHERE (link_code = @code OR other_code = @code) AND state = 0 AND withheld = 0 AND (@byHand OR manual_only = 0) ORDER BY kind, value
            """,
            new { code = Bytes(code), byHand },
            cancellationToken: cancellation))).Select(row => new LocalId(row.Kind, row.Value)).ToArray();
        return ids.Length == 0 ? null : new LinkedPerson(ids);
    }

    internal static byte[] Bytes(LinkCode code)
    {
        var bytes = new byte[LinkCode.ByteLength];
        code.CopyTo(bytes);
        return bytes;
    }

    /// <summary>One transaction: all of it, or nothing.</summary>
    internal async Task WriteAsync(Action<LinkWriting> write, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        await using var connection = Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        write(new LinkWriting(connection, transaction, _time));
        await transaction.CommitAsync(CancellationToken.None);
    }

    internal SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connection);
        connection.Open();
        return connection;
    }
}

/// <summary>A person who may be answered for, under every identifier that the agency's systems know.</summary>
internal sealed record LinkedPerson(IReadOnlyList<LocalId> Ids)
{
    public LinkedPerson(string id)
        : this([LocalId.Of(id)])
    {
    }

    /// <summary>What the agency calls the person where no kind is said.</summary>
    public string Id => Ids.FirstOrDefault(id => string.Equals(id.Kind, LocalId.DefaultKind, StringComparison.Ordinal)) is { Value: { } value } ? value : Ids[0].Value;

    public bool Equals(LinkedPerson? other) => other is not null && Ids.SequenceEqual(other.Ids);

    public override int GetHashCode() => Ids.Aggregate(0, HashCode.Combine);

    public override string ToString() => "LinkedPerson(redacted)";
}
