using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Notes;
using InfoLink.Samples.Network;

namespace InfoLink.Tests.Fixtures;

/// <summary>A broker beside the folder's own, on one PostgreSQL with it: the same keys but for the log's, and a log of its own.</summary>
internal static class SecondBroker
{
    public const string Origin = $"{NetworkFolder.Platform}/broker-2";

    /// <summary>Writes <c>broker-2.json</c> and <c>keys-2</c>, puts both brokers on the database, and both logs into the member list.</summary>
    /// <returns>The two logs' keys.</returns>
    public static (NoteKey First, NoteKey Second) Add(NetworkFolder folder, string database)
    {
        KeyFile.CreateFolder(folder.Path("broker", "keys-2"));
        KeyFile.CreateFolder(folder.Path("broker", "keys-2", "masters"));
        foreach (var file in Directory.EnumerateFiles(folder.Path("broker", "keys"), "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder.Path("broker", "keys"), file)).Where(file => file is not "log.key"))
        {
            File.Copy(folder.Path("broker", "keys", file), folder.Path("broker", "keys-2", file));
        }

        KeyFile.WriteNewKey(folder.Path("broker", "keys-2", "log.key"));
        var (first, second) = (KeyOf(folder, "keys", NetworkFolder.LogOrigin), KeyOf(folder, "keys-2", Origin));
        File.WriteAllText(folder.MembersPath, File.ReadAllText(folder.MembersPath)
            .Replace($"logs: [{first}]", $"logs: [{first}, {second}]", StringComparison.Ordinal));

        folder.Publish();
        var options = folder.BrokerOptions();
        options.Postgres = database;
        options.Write(folder.BrokerPath);
        (options.LogOrigin, options.Keys, options.Data, options.Listen) = (Origin, "keys-2", "data-2", "127.0.0.1:0");
        options.Write(folder.Path("broker", "broker-2.json"));
        return (first, second);
    }

    private static NoteKey KeyOf(NetworkFolder folder, string keys, string origin)
    {
        using var key = Ed25519PrivateKey.FromSeed(KeyFile.ReadKey(folder.Path("broker", keys, "log.key")));
        return NoteKey.Of(origin, NoteKeyKind.Log, key.PublicKey.Span);
    }
}
