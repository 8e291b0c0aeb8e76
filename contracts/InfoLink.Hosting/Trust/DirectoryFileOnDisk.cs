using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;

namespace InfoLink.Hosting.Trust;

/// <summary>The newest directory that the broker told, kept on disk so that the agent starts without it. Never an older one.</summary>
public sealed class DirectoryFileOnDisk
{
    private readonly string _path;
    private volatile BrokerDirectory _current = BrokerDirectory.Empty;

    private DirectoryFileOnDisk(string path) => _path = path;

    public BrokerDirectory Current => _current;

    /// <summary>Why what was kept is not used; null where it is, or nothing was kept.</summary>
    public string? WhyNotUsed { get; private set; }

    /// <summary>Called after a newer one was taken.</summary>
    public Action Changed { get; set; } = () => { };

    /// <summary>
    /// Reads what was kept; none, or one that the broker of this list did not sign (its key has changed since, or the clock was set back): nothing is
    /// known, nothing is fresh, and the broker tells the newest.
    /// </summary>
    public static DirectoryFileOnDisk Open(string path, MemberList members, TimeProvider time)
    {
        var directory = new DirectoryFileOnDisk(path);
        if (File.Exists(path))
        {
            try
            {
                directory._current = DirectorySignature.Verify(SignedDocument.Parse(File.ReadAllBytes(path)), members, time.GetUtcNow());
            }
            catch (DocumentException refused)
            {
                directory.WhyNotUsed = refused.Message;
            }
        }

        return directory;
    }

    /// <summary>Takes what the broker told.</summary>
    /// <returns>False: it is known already.</returns>
    /// <exception cref="DocumentException">It is not the broker's, or older than what is known.</exception>
    public bool Take(SignedDocument document, MemberList members, DateTimeOffset now)
    {
        var next = DirectorySignature.Verify(document, members, now, isTold: true);
        var current = _current;
        if (next.Serial <= current.Serial)
        {
            return next.Serial == current.Serial && next.SaysTheSameAs(current)
                ? false
                : throw new DocumentException(
                    DocumentFault.Rollback, $"The directory {next.Serial} is not newer than {current.Serial}, which is known, and says something else.");
        }

        DurableFile.Replace(_path, document.ToBytes());
        _current = next;
        Changed();
        return true;
    }
}
