using System.Security.Cryptography;
using System.Text;
using InfoLink.Contracts.Notes;

namespace InfoLink.Transparency;

/// <summary>
/// The newest checkpoint that a log has published, in a file of its owner's beside the database: a database that was restored from a backup,
/// or exchanged, is not continued under the same name, since others know what it no longer knows. One file for each origin.
/// </summary>
/// <remarks>
/// It is durable before a publication and may be older than it (a machine that lost power shows the one before): then it says a little less,
/// and nothing wrong. It is no part of the database's backup.
/// </remarks>
public sealed class LogHead
{
    private readonly string _path;
    private readonly NoteKey _log;
    private long _size = -1;

    /// <param name="folder">The owner's data folder.</param>
    /// <param name="log">The key that signs the log's checkpoints.</param>
    public LogHead(string folder, NoteKey log)
    {
        // An origin may hold slashes: the file's name is short, and its first line says whose it is.
        _path = Path.Combine(folder, $"head-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(log.Name)).AsSpan(0, 8))}.checkpoint");
        _log = log;
    }

    /// <summary>Where it lies.</summary>
    public string FilePath => _path;

    /// <summary>
    /// Its owner's word that the log has ended, beside the head and moved with it: records of it are lost that others may have seen, so no database goes on under its name.
    /// </summary>
    public string EndedPath => Path.ChangeExtension(_path, ".ended");

    /// <summary>Durably, in place of a smaller one.</summary>
    /// <exception cref="IOException">It cannot be written; nothing may be published.</exception>
    internal void Write(SizedCheckpoint published)
    {
        if (published.Size <= _size)
        {
            return;
        }

        using (var file = new FileStream(_path + ".new", FileMode.Create, FileAccess.Write))
        {
            file.Write(published.Note);
            file.Flush(flushToDisk: true);
        }

        File.Move(_path + ".new", _path, overwrite: true);
        _size = published.Size;
    }

    /// <summary>Does the stored tree hold what was published?</summary>
    /// <exception cref="InvalidOperationException">It does not: cause and ways out.</exception>
    internal async Task RequireAsync(LogTree tree, CancellationToken cancellation)
    {
        if (File.Exists(EndedPath))
        {
            throw new InvalidOperationException(
                $"The log '{_log.Name}' was ended when a backup was put back (see '{EndedPath}'): records of it are lost that others may have seen. Begin the log that the restore named: its origin and key in the configuration, "
                + "its key in the member list. Where the newest database was found since and no other log was begun, put it back and move that file away.");
        }

        if (!File.Exists(_path))
        {
            return;
        }

        if (SignedCheckpoint.Open(await File.ReadAllBytesAsync(_path, cancellation), _log)?.Checkpoint is not { Size: <= long.MaxValue } head)
        {
            throw new InvalidOperationException(
                $"The head '{_path}' is not a checkpoint of the log '{_log.Name}' under its key. Where the file is damaged and the database is certainly the newest, move the file away.");
        }

        var root = await tree.RootAsync(head.Size, cancellation)
            ?? throw Refused($"has been rewound: it holds fewer than the {head.Size} entries that were published");
        if (root != head.Root)
        {
            throw Refused($"holds other entries than those published: its first {head.Size} do not make the published root");
        }

        _size = (long)head.Size;
    }

    private InvalidOperationException Refused(string what) => new(
        $"The database of the log '{_log.Name}' {what} (see '{_path}'). Going on would be a second history, which witnesses and members refuse. " +
        "Restore the newest database; or, where it is lost, begin a new log under a new origin, with a new log key in the member list.");
}
