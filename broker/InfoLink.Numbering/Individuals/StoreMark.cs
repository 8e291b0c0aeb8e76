using System.Data.Common;
using System.Security.Cryptography;
using Dapper;

namespace InfoLink.Numbering.Individuals;

/// <summary>
/// What stands in a table about itself: its version, and a check of the key that it is under. Under another key nobody in it would be found again, and everybody
/// would be numbered a second time.
/// </summary>
internal static class StoreMark
{
    /// <exception cref="InvalidOperationException">A later version's table, or another key's.</exception>
    public static void Require(DbConnection connection, byte[] keyCheck, string place, DbTransaction? transaction = null)
    {
        connection.Execute(
            "INSERT INTO conversion(id, schema_version, key_check) VALUES (1, @version, @keyCheck) ON CONFLICT DO NOTHING",
            new { version = NumberSql.SchemaVersion, keyCheck },
            transaction);
        var version = connection.ExecuteScalar<long>("SELECT schema_version FROM conversion WHERE id = 1", transaction: transaction);
        if (version > NumberSql.SchemaVersion)
        {
            throw new InvalidOperationException($"The conversion table in {place} is of version {version}, made by a later version of this program, which knows {NumberSql.SchemaVersion}.");
        }

        var held = connection.ExecuteScalar<byte[]>("SELECT key_check FROM conversion WHERE id = 1", transaction: transaction);
        if (!CryptographicOperations.FixedTimeEquals(held, keyCheck))
        {
            throw new InvalidOperationException($"The conversion table in {place} is under another key than tableKey: under this one everybody in it would be numbered again. Put the table's own key back.");
        }
    }
}
