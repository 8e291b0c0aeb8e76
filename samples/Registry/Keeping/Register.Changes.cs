using System.Security.Cryptography;
using InfoLink.Codes;
using Microsoft.Data.Sqlite;

namespace InfoLink.Samples.Registry.Keeping;

public sealed partial class Register
{
    private const int LongestText = 400;
    private const int LongestAddress = 1000;

    /// <summary>Applies a change: what stood before becomes history, and the digests that find it stay. All of it, or nothing.</summary>
    /// <exception cref="ChangeRefusedException">Nobody has this code, or the change does not fit what stands there.</exception>
    public void Apply(ResidentRecordCode code, Change change) => Write(entering =>
    {
        var (connection, rows) = entering;
        var (id, person) = Read(connection, code) ?? throw new ChangeRefusedException("Nobody has this resident record code.");
        var (after, kind, standing) = Changed(person, change);
        Check(after);
        if (change.Day < person.Since)
        {
            throw new ChangeRefusedException("The day is before the first day of what stands now.");
        }

        if (after != person.Current)
        {
            var former = new FormerAttributes(person.Current, person.Since, change.Day, kind, change.Reason);
            Delete(connection, "DELETE FROM block WHERE resident = ?1 AND former = 0 AND digest = ?2", id, Entering.DigestsOf(person.Current));
            rows.Former(id, person.History.Length + 1, former, Entering.DigestsOf(person.Current));
            rows.Digests(id, former: 0, Entering.DigestsOf(after));
        }
        else if (standing == person.Standing)
        {
            throw new ChangeRefusedException("Nothing changes by it.");
        }

        using var update = Rows.Prepare(
            connection,
            """
            UPDATE resident SET name = ?2, kana = ?3, address = ?4, birth_date = ?5, sex = ?6, municipality = ?7, since = ?8, came_by = ?9, standing = ?10, standing_since = ?11
            WHERE id = ?1
            """,
            11);
        var (since, by) = after != person.Current ? (change.Day, kind) : (person.Since, person.By);
        update.With(
            id, after.Name, after.Kana, after.Address, after.BirthDate, after.Sex, after.Municipality, Rows.Write(since), (int)by, (int)standing,
            standing == Standing.Resident ? null : Rows.Write(standing == person.Standing ? person.StandingSince!.Value : change.Day)).ExecuteNonQuery();
        return id;
    });

    /// <summary>Enters somebody new, born or come from abroad, with a code that nobody has or had.</summary>
    /// <param name="attributes">In the register's notation.</param>
    /// <param name="by"><see cref="ChangeKind.Born"/> or <see cref="ChangeKind.Entered"/>.</param>
    /// <param name="day">From when on.</param>
    /// <param name="household">Whose; 0 for one of its own.</param>
    public ResidentRecordCode Enter(Attributes attributes, ChangeKind by, DateOnly day, long household = 0)
    {
        Check(attributes);
        if (by is not (ChangeKind.Born or ChangeKind.Entered))
        {
            throw new ChangeRefusedException("Somebody new is born or comes from abroad.");
        }

        ResidentRecordCode? given = null;
        Write(entering =>
        {
            given = FreeCode(entering.Connection);
            var person = new Resident
            {
                Code = given,
                Household = household > 0 ? household : Scalar(entering.Connection, "SELECT coalesce(max(household), 0) + 1 FROM resident"),
                Current = attributes,
                Since = day,
                By = by,
                Standing = Standing.Resident,
            };
            return entering.Rows.Resident(person, Entering.DigestsOf(person));
        });
        return given!;
    }

    /// <summary>Gives a person another code, drawn at random. The former one stays the person's past and is never given again.</summary>
    /// <exception cref="ChangeRefusedException">Nobody has this code.</exception>
    public ResidentRecordCode Recode(ResidentRecordCode code, DateOnly day, string reason)
    {
        ResidentRecordCode? given = null;
        Write(entering =>
        {
            var (id, _) = Read(entering.Connection, code) ?? throw new ChangeRefusedException("Nobody has this resident record code.");
            given = FreeCode(entering.Connection);
            entering.Rows.Code(id, new FormerCode(code, day, reason));
            using var update = Rows.Prepare(entering.Connection, "UPDATE resident SET code = ?2 WHERE id = ?1", 2);
            return update.With(id, Rows.Write(given)).ExecuteNonQuery();
        });
        return given!;
    }

    /// <summary>Whose a given-up code was: the code that this person has now; null where it was nobody's.</summary>
    public ResidentRecordCode? SuccessorOf(ResidentRecordCode former)
    {
        using var connection = Connect();
        using var find = Rows.Prepare(connection, "SELECT r.code FROM former_code f JOIN resident r ON r.id = f.resident WHERE f.code = ?1", 1);
        using var row = find.With(Rows.Write(former)).ExecuteReader();
        return row.Read() ? Rows.ReadCode(row, 0) : null;
    }

    private static (Attributes After, ChangeKind Kind, Standing Standing) Changed(Resident person, Change change)
    {
        var now = person.Current;
        return (person.Standing, change) switch
        {
            (_, Change.Correct correct) => (
                now with { Name = correct.Name ?? now.Name, Kana = correct.Kana ?? now.Kana, BirthDate = correct.BirthDate ?? now.BirthDate, Sex = correct.Sex ?? now.Sex },
                ChangeKind.Corrected,
                person.Standing),
            (Standing.Deceased, _) => throw new ChangeRefusedException("The person has died; only a correction is possible."),
            (Standing.Emigrated, Change.Move back) => (now with { Address = back.Address, Municipality = back.Municipality }, ChangeKind.Entered, Standing.Resident),
            (_, Change.Move move) => (now with { Address = move.Address, Municipality = move.Municipality }, ChangeKind.Moved, person.Standing),
            (_, Change.Rename rename) => (now with { Name = rename.Name, Kana = rename.Kana }, ChangeKind.Renamed, person.Standing),
            (_, Change.Die) => (now, ChangeKind.Died, Standing.Deceased),
            (Standing.Emigrated, Change.Emigrate) => throw new ChangeRefusedException("The person has left already."),
            (_, Change.Emigrate leave) => (now with { Address = leave.Country, Municipality = "" }, ChangeKind.Emigrated, Standing.Emigrated),
            _ => throw new InvalidOperationException("A change is one of those above."),
        };
    }

    private static void Check(Attributes attributes)
    {
        foreach (var (text, what, longest) in new[]
        {
            (attributes.Name, "name", LongestText), (attributes.Kana, "kana", LongestText), (attributes.Address, "address", LongestAddress),
            (attributes.BirthDate, "birth date", LongestText), (attributes.Sex, "sex", LongestText),
        })
        {
            if (string.IsNullOrWhiteSpace(text) || text.Length > longest || text.Any(char.IsControl))
            {
                throw new ChangeRefusedException($"The {what} is empty, longer than {longest} characters, or has control characters.");
            }
        }

        if (!IsBirthDate(attributes.BirthDate))
        {
            throw new ChangeRefusedException("The birth date is written yyyy-MM-dd; a part that nobody knows is 00.");
        }

        if (attributes.Sex is not ("男" or "女"))
        {
            throw new ChangeRefusedException("Sex is written 男 or 女.");
        }

        if (attributes.Municipality.Length > 0 && Municipalities.Find(attributes.Municipality) is null)
        {
            throw new ChangeRefusedException("There is no municipality of this code. A designated city's wards have codes of their own.");
        }
    }

    private static bool IsBirthDate(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", out _)
        || (text.EndsWith("-00", StringComparison.Ordinal) && DateOnly.TryParseExact(text[..^2].Replace("-00-", "-01-", StringComparison.Ordinal) + "01", "yyyy-MM-dd", out _));

    private void Write(Func<(SqliteConnection Connection, Entering Rows), long> act)
    {
        lock (_writing)
        {
            using var connection = Connect();
            using var transaction = connection.BeginTransaction();
            using var rows = new Entering(connection);
            act((connection, rows));
            transaction.Commit();
        }
    }

    /// <summary>Drawn, and drawn again where somebody has or had it: at a nation's size that is one in eighty.</summary>
    private static ResidentRecordCode FreeCode(SqliteConnection connection)
    {
        using var taken = Rows.Prepare(connection, "SELECT EXISTS (SELECT 1 FROM resident WHERE code = ?1) OR EXISTS (SELECT 1 FROM former_code WHERE code = ?1)", 1);
        while (true)
        {
            var code = ResidentRecordCode.FromBase(((ulong)RandomNumberGenerator.GetInt32(100_000) * 100_000) + (ulong)RandomNumberGenerator.GetInt32(100_000));
            if ((long)taken.With(Rows.Write(code)).ExecuteScalar()! == 0)
            {
                return code;
            }
        }
    }

    private static void Delete(SqliteConnection connection, string sql, long id, long[] digests)
    {
        using var delete = Rows.Prepare(connection, sql, 2);
        foreach (var digest in digests)
        {
            delete.With(id, digest).ExecuteNonQuery();
        }
    }

    private static long Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
