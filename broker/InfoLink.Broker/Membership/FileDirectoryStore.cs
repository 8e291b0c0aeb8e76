using InfoLink.Authoring;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Trust;

namespace InfoLink.Broker.Membership;

/// <summary>A lone broker's directory, in a file of its data folder.</summary>
internal sealed class FileDirectoryStore(string path) : IDirectoryStore
{
    private readonly Lock _gate = new();

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
            return Task.FromResult(true);
        }
    }

    private StoredDirectory? Read()
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var bytes = File.ReadAllBytes(path);
        return new StoredDirectory(Documents.Directory(SignedDocument.Parse(bytes)).Serial, bytes);
    }
}
