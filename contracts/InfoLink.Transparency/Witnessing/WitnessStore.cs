using System.Data.Common;
using Dapper;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Transparency.Witnessing;

/// <summary>The largest checkpoint of a log that a witness has cosigned.</summary>
/// <param name="Origin">The log.</param>
/// <param name="Size">Its entries, at least 1.</param>
/// <param name="Root">RFC 6962.</param>
/// <param name="Note">The checkpoint with the log's signature.</param>
public sealed record SeenCheckpoint(string Origin, ulong Size, Sha256Digest Root, byte[] Note);

/// <summary>
/// What a witness has seen, one durable row for each log. It is not to be restored from a backup: a witness that forgets cosigns a second history.
/// Processes that cosign with one key share one store, or they could each cosign another history.
/// </summary>
public abstract class WitnessStore : IDisposable
{
    /// <summary>Null before the first.</summary>
    /// <exception cref="DbException">The store does not work.</exception>
    public SeenCheckpoint? Seen(string origin) => With(connection =>
    {
        var row = connection.QuerySingleOrDefault<Row>($"SELECT size, root, note FROM {Table} WHERE origin = @origin", new { origin });
        return row is null ? null : new SeenCheckpoint(origin, (ulong)row.size, Sha256Digest.FromBytes(row.root), row.note);
    });

    /// <summary>Replaces, in one durable step, exactly the checkpoint that the new one was compared with.</summary>
    /// <param name="before">That one; null: none.</param>
    /// <param name="after">Of the same log, and larger.</param>
    /// <returns>False: the store holds another one, and nothing has changed.</returns>
    /// <exception cref="DbException">The store does not work; whether the step was taken is not known, and taking it again is safe.</exception>
    /// <exception cref="ArgumentException">Not larger.</exception>
    public bool TryAdvance(SeenCheckpoint? before, SeenCheckpoint after)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(after.Size, before?.Size ?? 0, nameof(after));
        var row = new
        {
            origin = after.Origin,
            size = checked((long)after.Size),
            root = after.Root.ToArray(),
            note = after.Note,
            beforeSize = (long)(before?.Size ?? 0),
            beforeRoot = before?.Root.ToArray() ?? [],
        };
        return With(connection => connection.Execute(
            before is null
                ? $"INSERT INTO {Table}(origin, size, root, note) VALUES (@origin, @size, @root, @note) ON CONFLICT (origin) DO NOTHING"
                : $"UPDATE {Table} SET size = @size, root = @root, note = @note WHERE origin = @origin AND size = @beforeSize AND root = @beforeRoot",
            row) == 1);
    }

    /// <summary>Takes over what another store of the same witness has seen, where that is more.</summary>
    /// <exception cref="DbException">A store does not work.</exception>
    public void TakeOver(WitnessStore other)
    {
        var all = other.With(connection => connection.Query<string>($"SELECT origin FROM {other.Table}").ToList());
        foreach (var theirs in all.Select(origin => other.Seen(origin)!))
        {
            for (var mine = Seen(theirs.Origin); (mine?.Size ?? 0) < theirs.Size; mine = Seen(theirs.Origin))
            {
                TryAdvance(mine, theirs);
            }
        }
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The table's name: <c>origin, size, root, note</c>.</summary>
    protected abstract string Table { get; }

    /// <summary>Runs on an open connection where each statement is durable when it ends.</summary>
    protected abstract T With<T>(Func<DbConnection, T> work);

    protected abstract void Dispose(bool disposing);

    private sealed record Row(long size, byte[] root, byte[] note);
}
