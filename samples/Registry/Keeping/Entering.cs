using Microsoft.Data.Sqlite;

namespace InfoLink.Samples.Registry.Keeping;

/// <summary>Rows of one transaction: people with their history, and the digests that find them.</summary>
internal sealed class Entering : IDisposable
{
    private readonly SqliteCommand _resident;
    private readonly SqliteCommand _former;
    private readonly SqliteCommand _code;
    private readonly SqliteCommand _block;

    public Entering(SqliteConnection connection)
    {
        _resident = Rows.Prepare(
            connection,
            $"INSERT INTO resident(household, code, {Rows.Attributes}, since, came_by, standing, standing_since) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) RETURNING id",
            12);
        _former = Rows.Prepare(
            connection,
            $"INSERT INTO former(resident, place, {Rows.Attributes}, from_day, until_day, ended_by, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            12);
        _code = Rows.Prepare(connection, "INSERT INTO former_code(code, resident, until_day, reason) VALUES (?1, ?2, ?3, ?4)", 4);
        _block = Rows.Prepare(connection, "INSERT OR IGNORE INTO block(digest, resident, former) VALUES (?1, ?2, ?3)", 3);
    }

    /// <returns>The row's id.</returns>
    public long Resident(Resident resident, IReadOnlyList<long[]> digests)
    {
        var now = resident.Current;
        var id = (long)_resident.With(
            resident.Household, Rows.Write(resident.Code), now.Name, now.Kana, now.Address, now.BirthDate, now.Sex, now.Municipality,
            Rows.Write(resident.Since), (int)resident.By, (int)resident.Standing, resident.StandingSince is { } day ? Rows.Write(day) : null).ExecuteScalar()!;
        Digests(id, former: 0, digests[0]);
        for (var place = 1; place <= resident.History.Length; place++)
        {
            Former(id, place, resident.History[place - 1], digests[place]);
        }

        foreach (var code in resident.FormerCodes)
        {
            Code(id, code);
        }

        return id;
    }

    public void Former(long resident, int place, FormerAttributes former, long[] digests)
    {
        var then = former.Attributes;
        _former.With(
            resident, place, then.Name, then.Kana, then.Address, then.BirthDate, then.Sex, then.Municipality,
            Rows.Write(former.From), Rows.Write(former.Until), (int)former.EndedBy, former.Reason).ExecuteNonQuery();
        Digests(resident, place, digests);
    }

    public void Code(long resident, FormerCode code) => _code.With(Rows.Write(code.Code), resident, Rows.Write(code.Until), code.Reason).ExecuteNonQuery();

    public void Digests(long resident, int former, long[] digests)
    {
        foreach (var digest in digests)
        {
            _block.With(digest, resident, former).ExecuteNonQuery();
        }
    }

    /// <summary>Of the present state, then of each former one.</summary>
    public static IReadOnlyList<long[]> DigestsOf(Resident resident) =>
        [DigestsOf(resident.Current), .. resident.History.Select(former => DigestsOf(former.Attributes))];

    public static long[] DigestsOf(Attributes attributes) => [.. Blocks.Of(Blocks.FormOf(attributes))];

    public void Dispose()
    {
        _resident.Dispose();
        _former.Dispose();
        _code.Dispose();
        _block.Dispose();
    }
}
