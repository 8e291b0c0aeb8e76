using Dapper;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using Microsoft.Data.Sqlite;

namespace InfoLink.Agent.Links;

/// <summary>Changes of the link table within one transaction, each with its history.</summary>
internal sealed class LinkWriting(SqliteConnection connection, SqliteTransaction transaction, TimeProvider time)
{
    /// <summary>Agencies that must mean somebody else before the own link is put in doubt for all.</summary>
    private const int QuarantinedBy = 2;

    public SqliteConnection Connection => connection;

    public SqliteTransaction Transaction => transaction;

    public long Now { get; } = time.GetUtcNow().ToUnixTimeMilliseconds();

    public LinkPut Put(LocalId id, LinkCode code, LinkAct act)
    {
        RequireFit(id);
        var bytes = LinkTable.Bytes(code);
        var holder = connection.QuerySingleOrDefault<long?>("SELECT number FROM person WHERE link_code = @bytes OR other_code = @bytes", new { bytes }, transaction);
        var own = PersonOf(id);
        if (own is { } present)
        {
            if (holder == present)
            {
                return LinkPut.Already;
            }

            if (holder is not null)
            {
                return LinkPut.Another;
            }

            connection.Execute("UPDATE person SET link_code = @bytes, other_code = NULL, refused_epoch = 0, verified_ms = @Now WHERE number = @present", new { bytes, Now, present }, transaction);
            Tell(LinkChange.Moved, id, bytes, act);
            return LinkPut.Moved;
        }

        if (holder is not null)
        {
            return LinkPut.Another;
        }

        var number = connection.QuerySingle<long>(
            "INSERT INTO person(link_code, verified_ms) VALUES (@bytes, @Now) RETURNING number", new { bytes, Now }, transaction);
        connection.Execute("INSERT INTO local_id(kind, value, person) VALUES (@Kind, @Value, @number)", new { id.Kind, id.Value, number }, transaction);
        TakeMarks(id, number);
        Tell(LinkChange.Linked, id, bytes, act);
        return LinkPut.Linked;
    }

    /// <summary>The same person's newer code takes the place of the one in use.</summary>
    /// <returns>False where the code is another record's already, or the identifier is not linked.</returns>
    public bool Renew(LocalId id, LinkCode code, LinkAct act)
    {
        if (PersonOf(id) is not { } number || HolderOf(code) is not null)
        {
            return false;
        }

        var bytes = LinkTable.Bytes(code);
        connection.Execute("UPDATE person SET link_code = @bytes, other_code = NULL, refused_epoch = 0, verified_ms = @Now WHERE number = @number", new { bytes, Now, number }, transaction);
        Tell(LinkChange.Renewed, id, bytes, act);
        return true;
    }

    /// <summary>A further record of a person who is linked already.</summary>
    /// <returns>False where <paramref name="known"/> is not linked.</returns>
    public bool Join(LocalId id, LocalId known, LinkAct act)
    {
        RequireFit(id);
        if (PersonOf(known) is not { } number)
        {
            return false;
        }

        var before = PersonOf(id);
        KeepMarks(id);
        connection.Execute(
            "INSERT INTO local_id(kind, value, person) VALUES (@Kind, @Value, @number) ON CONFLICT (kind, value) DO UPDATE SET person = @number",
            new { id.Kind, id.Value, number },
            transaction);
        TakeMarks(id, number);
        DropEmpty(before);
        Tell(LinkChange.Joined, id, CodeOf(number), act);
        return true;
    }

    /// <returns>False where the identifier is not linked.</returns>
    public bool Unlink(LocalId id, LinkAct act)
    {
        if (PersonOf(id) is not { } number)
        {
            return false;
        }

        Tell(LinkChange.Unlinked, id, CodeOf(number), act);
        KeepMarks(id);
        connection.Execute("DELETE FROM local_id WHERE kind = @Kind AND value = @Value", id, transaction);
        DropEmpty(number);
        return true;
    }

    public bool Mark(LocalId id, LinkAct act, LinkState? state, bool? withheld, bool? manualOnly)
    {
        RequireFit(id);
        if (PersonOf(id) is not { } number)
        {
            return false;
        }

        var before = connection.QuerySingle<long>("SELECT state FROM person WHERE number = @number", new { number }, transaction);
        connection.Execute(
            """
            UPDATE person SET state = COALESCE(@state, state), why = CASE WHEN @state IS NULL THEN why ELSE @Reason END,
              withheld = COALESCE(@withheld, withheld), manual_only = COALESCE(@manualOnly, manual_only)
            WHERE number = @number
            """,
            new { state = (int?)state, act.Reason, withheld, manualOnly, number },
            transaction);
        if (state == LinkState.Active)
        {
            connection.Execute("DELETE FROM mismatch WHERE person = @number", new { number }, transaction); // A human has resolved it.
            if (before != (long)LinkState.Active)
            {
                Verified(id); // The human's word counts as the registry's until the link is due again.
            }
        }

        if (state is { } next && (long)next != before)
        {
            Tell(next == LinkState.Quarantined ? LinkChange.Quarantined : LinkChange.Released, id, CodeOf(number), act);
        }

        if (withheld is not null || manualOnly is not null)
        {
            Tell(LinkChange.Marked, id, CodeOf(number), act);
        }

        return true;
    }

    /// <summary>Another agency means somebody else by this link: closed to that agency, due for verification, and in quarantine where it is the second one.</summary>
    public void Mismatched(LocalId id, AgencyId requester, LinkAct act)
    {
        if (PersonOf(id) is not { } number)
        {
            return;
        }

        connection.Execute(
            "INSERT INTO mismatch(person, requester, time_ms) VALUES (@number, @requester, @Now) ON CONFLICT DO NOTHING",
            new { number, requester = requester.Value, Now },
            transaction);
        connection.Execute("UPDATE person SET verified_ms = 0 WHERE number = @number", new { number }, transaction);
        Tell(LinkChange.Mismatched, id, CodeOf(number), act);
        if (connection.QuerySingle<int>("SELECT COUNT(*) FROM mismatch WHERE person = @number", new { number }, transaction) >= QuarantinedBy)
        {
            Mark(id, act, LinkState.Quarantined, withheld: null, manualOnly: null);
        }
    }

    /// <summary>Another agency was wrong about who this is, so this agency may be too: the link is used on, and due for verification.</summary>
    public void Noticed(LinkCode code, LinkAct act)
    {
        if (HolderOf(code) is { } id && PersonOf(id) is { } number)
        {
            connection.Execute("UPDATE person SET verified_ms = 0 WHERE number = @number", new { number }, transaction);
            Tell(LinkChange.CorrectionNoticed, id, CodeOf(number), act);
        }
    }

    /// <summary>The registry says that the link is right.</summary>
    public void Verified(LocalId id)
    {
        if (PersonOf(id) is { } number)
        {
            connection.Execute("UPDATE person SET verified_ms = @Now WHERE number = @number; DELETE FROM link_doubt WHERE person = @number", new { Now, number }, transaction);
        }
    }

    /// <summary>The code that stands, whatever its state.</summary>
    public LinkCode? CodeOf(LocalId id) => PersonOf(id) is { } number ? LinkCode.FromBytes(CodeOf(number)) : null;

    /// <summary>The code of one epoch, where there is one.</summary>
    public LinkCode? CodeOf(LocalId id, byte epoch) => CodeOf(connection, transaction, id, epoch);

    /// <inheritdoc cref="CodeOf(LocalId, byte)"/>
    public static LinkCode? CodeOf(SqliteConnection connection, SqliteTransaction? transaction, LocalId id, byte epoch) =>
        connection.QuerySingleOrDefault<byte[]>(
            """
            SELECT CASE substr(link_code, 1, 1) WHEN @epoch THEN link_code ELSE other_code END FROM local_id JOIN person ON number = person
            WHERE kind = @Kind AND value = @Value AND @epoch IN (substr(link_code, 1, 1), substr(other_code, 1, 1))
            """,
            new { id.Kind, id.Value, epoch = new[] { epoch } },
            transaction) is { } code
        ? LinkCode.FromBytes(code)
        : null;

    /// <summary>An identifier of the person who has this code.</summary>
    public LocalId? HolderOf(LinkCode code) => connection.QuerySingleOrDefault<(string Kind, string Value)?>(
        "SELECT kind, value FROM person JOIN local_id ON person = number WHERE link_code = @code OR other_code = @code ORDER BY kind, value LIMIT 1",
        new { code = LinkTable.Bytes(code) },
        transaction) is { } found ? new LocalId(found.Kind, found.Value) : null;

    /// <summary>Who is withheld is withheld without a link too: the marks wait with the identifier until it has one again.</summary>
    private void KeepMarks(LocalId id) => connection.Execute(
        """
        INSERT INTO kept_mark(kind, value, withheld, manual_only)
        SELECT kind, value, withheld, manual_only FROM local_id JOIN person ON number = person WHERE kind = @Kind AND value = @Value AND withheld + manual_only > 0
        ON CONFLICT (kind, value) DO UPDATE SET withheld = excluded.withheld, manual_only = excluded.manual_only
        """,
        id,
        transaction);

    /// <summary>Of two records of one person, the more cautious marks count.</summary>
    private void TakeMarks(LocalId id, long number)
    {
        connection.Execute(
            """
            UPDATE person SET withheld = MAX(person.withheld, kept_mark.withheld), manual_only = MAX(person.manual_only, kept_mark.manual_only)
            FROM kept_mark WHERE number = @number AND kind = @Kind AND value = @Value
            """,
            new { number, id.Kind, id.Value },
            transaction);
        connection.Execute("DELETE FROM kept_mark WHERE kind = @Kind AND value = @Value", id, transaction);
    }

    /// <summary>Nobody is looked up by an individual number, so nobody stands here under one.</summary>
    private static void RequireFit(LocalId id)
    {
        if (id.Kind.Length > LocalId.MaxLength || id.Value.Length > LocalId.MaxLength)
        {
            throw new ArgumentException($"An identifier and its kind have at most {LocalId.MaxLength} characters each.", nameof(id));
        }

        if (IndividualNumber.IsWrittenIn(id.Value))
        {
            throw new RefusedException(RefusalName.NumberAsKey);
        }
    }

    private long? PersonOf(LocalId id) =>
        connection.QuerySingleOrDefault<long?>("SELECT person FROM local_id WHERE kind = @Kind AND value = @Value", id, transaction);

    private byte[] CodeOf(long number) => connection.QuerySingle<byte[]>("SELECT link_code FROM person WHERE number = @number", new { number }, transaction);

    private void DropEmpty(long? number)
    {
        if (number is not null)
        {
            connection.Execute("""
                DELETE FROM person WHERE number = @number AND NOT EXISTS (SELECT 1 FROM local_id WHERE person = @number);
                DELETE FROM mismatch WHERE person = @number AND NOT EXISTS (SELECT 1 FROM person WHERE number = @number)
                """, new { number }, transaction);
        }
    }

    private void Tell(LinkChange what, LocalId id, byte[] code, LinkAct act) => connection.Execute(
        "INSERT INTO link_history(time_ms, what, kind, value, link_code, operator, reason) VALUES (@Now, @what, @Kind, @Value, @code, @Operator, @Reason)",
        new { Now, what = (int)what, id.Kind, id.Value, code, act.Operator, act.Reason },
        transaction);
}
