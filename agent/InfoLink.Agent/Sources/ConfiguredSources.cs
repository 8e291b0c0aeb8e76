using InfoLink.Contracts.Identifiers;
using Microsoft.Data.Sqlite;

namespace InfoLink.Agent.Sources;

/// <summary>What an agency answers with: sources of the developer and those that <c>agent.json</c> names.</summary>
internal static class ConfiguredSources
{
    /// <summary>The developer's sources and the configured ones together.</summary>
    /// <exception cref="InvalidOperationException">A kind has two sources.</exception>
    public static Dictionary<KindId, IInformationSource> Join(IReadOnlyDictionary<KindId, IInformationSource> sources, AgentOptions options)
    {
        var all = new Dictionary<KindId, IInformationSource>(sources);
        foreach (var source in options.Sources)
        {
            var connection = new SqliteConnectionStringBuilder { DataSource = options.Full(source.Sqlite), Mode = SqliteOpenMode.ReadOnly }.ToString();
            if (!all.TryAdd(KindId.Parse(source.Kind), new SqlSource(() => new SqliteConnection(connection), source.Query)))
            {
                throw new InvalidOperationException($"The kind '{source.Kind}' has two sources; keep one.");
            }
        }

        return all;
    }
}
