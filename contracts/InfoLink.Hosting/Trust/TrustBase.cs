using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Hosting.Trust;

/// <summary>
/// What a member believes without asking the broker: the authority's documents, narrowed by the broker's directory. Snapshots, replaced whole; whoever
/// decides reads each once.
/// </summary>
public sealed class TrustBase
{
    private readonly TrustFolder? _folder;
    private readonly DirectoryFileOnDisk? _directory;
    private readonly Uri? _broker;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private volatile MemberList _members;
    private volatile CatalogSet _catalogs;

    /// <param name="self">The member itself.</param>
    /// <param name="folder">Holds a member list and a catalog.</param>
    /// <param name="directory">The newest that was heard.</param>
    /// <param name="broker">Where the broker is, as long as no directory says otherwise.</param>
    /// <param name="time">Now.</param>
    public TrustBase(AgencyId self, TrustFolder folder, DirectoryFileOnDisk directory, Uri broker, TimeProvider time)
    {
        (Self, _folder, _directory, _broker, _time) = (self, folder, directory, broker, time);
        (_members, _catalogs) = Read();
        folder.Changed = _ => Renew();
        directory.Changed = Renew;
    }

    /// <summary>For a developer's tests: what is given is believed, and nothing grows stale.</summary>
    internal TrustBase(AgencyId self, MemberList members, CatalogSet catalogs, TimeProvider time) => (Self, _members, _catalogs, _time) = (self, members, catalogs, time);

    /// <summary>The member itself.</summary>
    public AgencyId Self { get; }

    /// <summary>The signed list, as the directory leaves it.</summary>
    public MemberList Members => _members;

    /// <summary>The catalog in force.</summary>
    public StatuteCatalog Catalog => _catalogs.InForce(_time.GetUtcNow());

    /// <summary>All versions that are held, as the directory leaves them.</summary>
    public CatalogSet Catalogs => _catalogs;

    public TrustFolder Folder => _folder ?? throw NothingOnDisk();

    public BrokerDirectory Directory => (_directory ?? throw NothingOnDisk()).Current;

    /// <summary>Called after something has changed.</summary>
    public Action Changed { get; set; } = () => { };

    /// <summary>Called when somebody cannot go on with what is known.</summary>
    public Action Hurry { get; set; } = () => { };

    /// <summary>Whoever has not heard from the broker for a day does not know who is suspended, and exchanges nothing.</summary>
    public Refusal? WhyNotFresh()
    {
        if (_directory is null || _directory.Current.IsFresh(_time.GetUtcNow()))
        {
            return null;
        }

        Hurry();
        return new Refusal(RefusalName.DirectoryStale, RetryAfter: TimeSpan.FromSeconds(2));
    }

    /// <summary>The refusal that a member's own word makes of whatever it is asked now; null: it is open.</summary>
    public Refusal? WhyClosed(Member member) => Closure.WhyClosed(member.Closed, _time.GetUtcNow());

    /// <summary>For a developer's tests: what is believed from now on.</summary>
    internal void Believe(MemberList members) => _members = members;

    private void Renew()
    {
        lock (_gate)
        {
            (_members, _catalogs) = Read();
        }

        Changed();
    }

    private (MemberList Members, CatalogSet Catalogs) Read()
    {
        var (held, directory) = (Folder.Held!, Directory);
        return (held.Members!.Value.With(directory, _broker), held.Catalogs.Without(directory.SwitchedOff));
    }

    private static InvalidOperationException NothingOnDisk() => new("What this party believes was given to it in memory.");
}
