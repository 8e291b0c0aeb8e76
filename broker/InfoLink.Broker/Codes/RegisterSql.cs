namespace InfoLink.Broker.Codes;

/// <summary>The register's table, in words that SQLite and PostgreSQL share.</summary>
internal static class RegisterSql
{
    public const string Read =
        "SELECT serial, tag, generation, state, superseded_by, successor, predecessor, expires_ms FROM id_code_register WHERE serial > @after ORDER BY serial LIMIT @limit";

    public const string Find =
        "SELECT serial, tag, generation, state, superseded_by, successor, predecessor, expires_ms FROM id_code_register WHERE tag = @tag";

    public const string Before =
        "SELECT serial, tag, generation, state, superseded_by, successor, predecessor, expires_ms FROM id_code_register WHERE superseded_by = @tag ORDER BY serial LIMIT @limit";

    public const string Put = """
        INSERT INTO id_code_register(tag, serial, generation, state, superseded_by, successor, predecessor, expires_ms)
        VALUES (@tag, (SELECT COALESCE(MAX(serial), 0) + 1 FROM id_code_register), @generation, @state, @supersededBy, @successor, @predecessor, @expiresMs)
        ON CONFLICT (tag) DO UPDATE SET
          serial = (SELECT COALESCE(MAX(serial), 0) + 1 FROM id_code_register),
          generation = @generation, state = @state, superseded_by = @supersededBy, successor = @successor, predecessor = @predecessor, expires_ms = @expiresMs
        RETURNING serial
        """;

    public static string Table(string bytes) => $"""
        CREATE TABLE IF NOT EXISTS id_code_register(
          tag           {bytes} PRIMARY KEY,
          serial        BIGINT NOT NULL,
          generation    INTEGER NOT NULL,
          state         INTEGER NOT NULL,
          superseded_by {bytes},
          successor     {bytes},
          predecessor   {bytes},
          expires_ms    BIGINT);
        CREATE UNIQUE INDEX IF NOT EXISTS id_code_register_serial ON id_code_register(serial);
        CREATE INDEX IF NOT EXISTS id_code_register_superseded ON id_code_register(superseded_by);
        """;

    public static object Values(RegisterTag tag, RegisterEntry entry) => new
    {
        tag = Bytes(tag),
        generation = (int)entry.Generation,
        state = (int)entry.State,
        supersededBy = entry.Successor is { } next ? Bytes(next.By) : null,
        successor = entry.Successor?.Successor.ToArray(),
        predecessor = entry.Successor?.Predecessor.ToArray(),
        expiresMs = entry.ExpiresAt?.ToUnixTimeMilliseconds(),
    };

    public static byte[] Bytes(RegisterTag tag)
    {
        var bytes = new byte[RegisterTag.Length];
        tag.CopyTo(bytes);
        return bytes;
    }

    /// <summary>A row as Dapper reads it.</summary>
    public sealed class Row
    {
        public long Serial { get; init; }

        public byte[] Tag { get; init; } = [];

        public long Generation { get; init; }

        public long State { get; init; }

        public byte[]? Superseded_by { get; init; }

        public byte[]? Successor { get; init; }

        public byte[]? Predecessor { get; init; }

        public long? Expires_ms { get; init; }

        public RegisterRow ToRow() => new(
            Serial,
            new RegisterTag(Tag),
            new RegisterEntry(
                (byte)Generation,
                (RegisterState)State,
                Superseded_by is null ? null : new Succession(new RegisterTag(Superseded_by), new SealedPerson(Successor), new SealedPerson(Predecessor)),
                Expires_ms is { } end ? DateTimeOffset.FromUnixTimeMilliseconds(end) : null));
    }
}
