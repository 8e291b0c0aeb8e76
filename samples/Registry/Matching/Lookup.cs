using InfoLink.Codes;
using InfoLink.Matching;
using InfoLink.Samples.Registry.Keeping;
using Microsoft.Data.Sqlite;

namespace InfoLink.Samples.Registry.Matching;

/// <summary>
/// Reads who could be meant, over one connection and for one call. What it reads is bounded: so many states that agree in two of three attributes are looked at, and where there are more nobody is
/// found, only that there are many.
/// </summary>
internal sealed class Lookup : IDisposable
{
    private const int MostStates = 200;
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _states;
    private readonly SqliteCommand _present;
    private readonly SqliteCommand _former;
    private readonly SqliteCommand _life;
    private readonly SqliteCommand _addresses;

    public Lookup(Register register)
    {
        _connection = register.Connect();
        _states = Rows.Prepare(_connection, $"SELECT DISTINCT resident, former FROM block WHERE digest IN (?1, ?2, ?3) ORDER BY resident, former LIMIT {MostStates + 1}", 3);
        _present = Rows.Prepare(_connection, $"SELECT {Rows.Attributes}, code, standing FROM resident WHERE id = ?1", 1);
        _former = Rows.Prepare(_connection, $"SELECT {Rows.Attributes} FROM former WHERE resident = ?1 AND place = ?2", 2);
        _life = Rows.Prepare(_connection, "SELECT birth_date, came_by, standing, standing_since FROM resident WHERE id = ?1", 1);
        _addresses = Rows.Prepare(
            _connection,
            """
            SELECT since, address, municipality, 1 AS present, 0 AS place FROM resident WHERE id = ?1
            UNION ALL SELECT from_day, address, municipality, 0, place FROM former WHERE resident = ?1
            ORDER BY present DESC, place DESC
            """,
            1);
    }

    /// <summary>The states of people, present (former = 0) and former, that agree in two of name, day of birth and municipality; null where they are too many to look at.</summary>
    public IReadOnlyList<(long Resident, int Former)>? States(NormalForm asked)
    {
        var digests = Blocks.Of(asked).ToList();
        if (digests.Count == 0)
        {
            return [];
        }

        using var row = _states.With(digests[0], digests[digests.Count > 1 ? 1 : 0], digests[^1]).ExecuteReader();
        var states = new List<(long, int)>();
        while (row.Read())
        {
            states.Add((row.GetInt64(0), row.GetInt32(1)));
        }

        return states.Count > MostStates ? null : states;
    }

    public (Attributes Attributes, ResidentRecordCode Code, Standing Standing) Present(long resident)
    {
        using var row = _present.With(resident).ExecuteReader();
        row.Read();
        return (Rows.ReadAttributes(row, 0), Rows.ReadCode(row, 6), (Standing)row.GetInt32(7));
    }

    public Attributes Former(long resident, int place)
    {
        using var row = _former.With(resident, place).ExecuteReader();
        row.Read();
        return Rows.ReadAttributes(row, 0);
    }

    /// <summary>Where the person was on the register, the newest state first, and what bounds it.</summary>
    public Residences Residences(long resident)
    {
        var states = new List<(DateOnly, string, string)>();
        using (var row = _addresses.With(resident).ExecuteReader())
        {
            while (row.Read())
            {
                states.Add((Rows.ReadDay(row, 0), row.GetString(1), row.GetString(2)));
            }
        }

        using var life = _life.With(resident).ExecuteReader();
        life.Read();
        var died = (Standing)life.GetInt32(2) == Standing.Deceased && !life.IsDBNull(3) ? Rows.ReadDay(life, 3) : (DateOnly?)null;
        return new Residences(states, life.GetString(0), states.Count == 1 && (ChangeKind)life.GetInt32(1) == ChangeKind.Entered, died);
    }

    public void Dispose()
    {
        _life.Dispose();
        _addresses.Dispose();
        _states.Dispose();
        _present.Dispose();
        _former.Dispose();
        _connection.Dispose();
    }
}
