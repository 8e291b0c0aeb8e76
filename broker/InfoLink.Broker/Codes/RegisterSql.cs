namespace InfoLink.Broker.Codes;

/// <summary>The register's table, in words that SQLite and PostgreSQL share.</summary>
internal static class RegisterSql
{
    public const string Read =
        "SELECT serial, tag, generation, state, superseded_by, expires_ms FROM id_code_register WHERE serial > @after ORDER BY serial LIMIT @limit";

    public const string Find =
        "SELECT serial, tag, generation, state, superseded_by, expires_ms FROM id_code_register WHERE tag = @tag";

    public const string Put = """
        INSERT INTO id_code_register(tag, serial, generation, state, superseded_by, expires_ms)
        VALUES (@tag, (SELECT COALESCE(MAX(serial), 0) + 1 FROM id_code_register), @generation, @state, @supersededBy, @expiresMs)
        ON CONFLICT (tag) DO UPDATE SET
          serial = (SELECT COALESCE(MAX(serial), 0) + 1 FROM id_code_register),
          generation = @generation, state = @state, superseded_by = @supersededBy, expires_ms = @expiresMs
        RETURNING serial
        """;

    public static string Table(string bytes) => $"""
        CREATE TABLE IF NOT EXISTS id_code_register(
          tag           {bytes} PRIMARY KEY,
          serial        BIGINT NOT NULL,
          generation    INTEGER NOT NULL,
          state         INTEGER NOT NULL,
          superseded_by {bytes},
          expires_ms    BIGINT);
        CREATE UNIQUE INDEX IF NOT EXISTS id_code_register_serial ON id_code_register(serial);
        """;

    public static object Values(RegisterTag tag, RegisterEntry entry) => new
    {
        tag = Bytes(tag),
        generation = (int)entry.Generation,
        state = (int)entry.State,
        supersededBy = entry.SupersededBy is { } successor ? Bytes(successor) : null,
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

        public long? Expires_ms { get; init; }

        public RegisterRow ToRow() => new(
            Serial,
            new RegisterTag(Tag),
            new RegisterEntry(
                (byte)Generation,
                (RegisterState)State,
                Superseded_by is null ? null : new RegisterTag(Superseded_by),
                Expires_ms is { } end ? DateTimeOffset.FromUnixTimeMilliseconds(end) : null));
    }
}
