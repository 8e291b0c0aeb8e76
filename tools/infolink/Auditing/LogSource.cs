using System.CommandLine;
using InfoLink.Audit.Bundles;
using InfoLink.Audit.Logs;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Trust;
using InfoLink.Tool.Documents;
using InfoLink.Transparency;
using InfoLink.Transparency.Postgres;
using InfoLink.Transparency.Sqlite;

namespace InfoLink.Tool.Auditing;

/// <summary>The arguments by which every command finds its log, and the keys that it is checked with.</summary>
internal sealed class LogSource
{
    private readonly Argument<string?> _path = new("path")
    {
        Description = "A log's SQLite file, or a bundle or other folder of tiles.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _postgres = new("--postgres") { Description = "Instead of a path: the connection string of a PostgreSQL database. Needs --origin." };
    private readonly Option<string?> _origin = new("--origin") { Description = "The log's name, as its checkpoints bear it." };
    private readonly Option<string?> _members = new("--members") { Description = "The member list, signed or YAML, which names the keys of all logs and witnesses." };
    private readonly Option<string?> _authority = new("--authority") { Description = "The authority's document: the member list must be signed by it." };
    private readonly Option<string[]> _keys = new("--key") { Description = "A log's public key, name+id+base64, instead of a member list. May be repeated." };

    /// <summary>With the keys, or only where the log is.</summary>
    public void AddTo(Command command, bool withKeys)
    {
        command.Add(_path);
        command.Add(_postgres);
        command.Add(_origin);
        if (withKeys)
        {
            command.Add(_members);
            command.Add(_authority);
            command.Add(_keys);
        }
    }

    public string Path(ParseResult parsed) => parsed.GetValue(_path)
        ?? throw new BundleException("Name a path, or a database with --postgres and --origin.");

    public string? Origin(ParseResult parsed) => parsed.GetValue(_origin);

    public bool IsFolder(ParseResult parsed) => parsed.GetValue(_postgres) is null && Directory.Exists(Path(parsed));

    /// <summary>What reports call it; never the connection string.</summary>
    public string Name(ParseResult parsed) => parsed.GetValue(_postgres) is null ? Path(parsed) : "PostgreSQL";

    /// <summary>A database's log.</summary>
    public async Task<IEntryReader> OpenAsync(ParseResult parsed, CancellationToken cancellation)
    {
        if (parsed.GetValue(_postgres) is { } connection)
        {
            return await PostgresEntryStore.ReadAsync(connection, Origin(parsed) ?? throw new BundleException("Say with --origin which log of the database is meant."), cancellation);
        }

        return await SqliteEntryStore.ReadAsync(Path(parsed), cancellation);
    }

    public bool IsDatabase(ParseResult parsed)
    {
        if (parsed.GetValue(_postgres) is not null)
        {
            return true;
        }

        using var file = File.OpenRead(Path(parsed));
        Span<byte> start = stackalloc byte[16];
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual("SQLite format 3\0"u8);
    }

    /// <summary>The logs whose keys were given.</summary>
    public IReadOnlyList<KnownLog> Known(ParseResult parsed)
    {
        var keys = parsed.GetValue(_keys) ?? [];
        KnownLog[] known =
        [
            .. parsed.GetValue(_members) is { } members ? KnownLog.Of(Members(members, parsed.GetValue(_authority))) : [],
            .. keys.Select(key => new KnownLog(NoteKey.TryParse(key) is { Kind: NoteKeyKind.Log } read
                ? read
                : throw new BundleException("A --key is not a log's public key (name+id+base64, kind 1). Copy it from the member list's 'logs'."))),
        ];
        return known.Length > 0 ? known : throw new BundleException("Give the logs' keys: --members members.yaml, or --key for a single log.");
    }

    /// <summary>The one that the log must be.</summary>
    public KnownLog Known(ParseResult parsed, string found)
    {
        var (known, origin) = (Known(parsed), Origin(parsed) ?? found);
        return known.FirstOrDefault(log => string.Equals(log.Origin, origin, StringComparison.Ordinal))
            ?? throw new BundleException($"No key of the log '{origin}' was given. Known: {string.Join(", ", known.Select(log => log.Origin))}.");
    }

    /// <summary>Keys that nobody vouches for are no ground for a finding: a list that is broken, or not signed as it must be, is unreadable here.</summary>
    public static MemberList Members(string path, string? authority)
    {
        try
        {
            return DocumentSource.Members(path, authority);
        }
        catch (Exception refused) when (refused is RefusedException or DocumentException)
        {
            throw new BundleException("The member list cannot be read:\n" + refused.Message, refused);
        }
    }
}
