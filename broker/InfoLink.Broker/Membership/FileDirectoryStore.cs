using InfoLink.Authoring;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Trust;

namespace InfoLink.Broker.Membership;

/// <summary>A lone broker's directory, in a file of its data folder. Nobody else writes it: it is read once.</summary>
internal sealed class FileDirectoryStore(string path) : IDirectoryStore
{
    private readonly Lock _gate = new();
    private StoredDirectory? _known;

    public Task<StoredDirectory?> ReadAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            return Task.FromResult(Read());
        }
    }

    public Task<bool> ReplaceAsync(long expected, StoredDirectory next, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if ((Read()?.Serial ?? 0) != expected)
            {
                return Task.FromResult(false);
            }

            DurableFile.Replace(path, next.Document);
            _known = next;
            return Task.FromResult(true);
        }
    }

    private StoredDirectory? Read()
    {
        if (_known is not null || !File.Exists(path))
        {
            return _known;
        }

        var bytes = File.ReadAllBytes(path);
        return _known = new StoredDirectory(Documents.Directory(SignedDocument.Parse(bytes)).Serial, bytes);
    }
}
