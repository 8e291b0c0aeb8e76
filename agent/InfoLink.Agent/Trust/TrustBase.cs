using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Hosting.Trust;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Trust;

/// <summary>
/// What the agent believes without asking the broker: the authority's documents, narrowed by the broker's directory, and its own will. Snapshots, replaced
/// whole; whoever decides reads each once.
/// </summary>
internal sealed class TrustBase
{
    private readonly TrustFolder _folder;
    private readonly DirectoryFileOnDisk _directory;
    private readonly Uri _broker;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private volatile MemberList _members;
    private volatile CatalogSet _catalogs;

    /// <param name="self">The agency that this agent speaks for.</param>
    /// <param name="folder">Holds a member list and a catalog.</param>
    /// <param name="directory">The newest that was heard.</param>
    /// <param name="broker">Where the broker is, as long as no directory says otherwise.</param>
    /// <param name="switches">The agency's own.</param>
    /// <param name="time">Now.</param>
    public TrustBase(AgencyId self, TrustFolder folder, DirectoryFileOnDisk directory, Uri broker, LocalSwitches switches, TimeProvider time)
    {
        (Self, _folder, _directory, _broker, Switches, _time) = (self, folder, directory, broker, switches, time);
        (_members, _catalogs) = Read();
        folder.Changed = _ => Renew();
        directory.Changed = Renew;
    }

    /// <summary>The agency that this agent speaks for.</summary>
    public AgencyId Self { get; }

    /// <summary>The signed list, as the directory leaves it.</summary>
    public MemberList Members => _members;

    /// <summary>The catalog in force.</summary>
    public StatuteCatalog Catalog => _catalogs.InForce(_time.GetUtcNow());

    /// <summary>All versions that are held, as the directory leaves them.</summary>
    public CatalogSet Catalogs => _catalogs;

    /// <summary>Peers and entries that get no answer here, whatever the catalog allows.</summary>
    public LocalSwitches Switches { get; }

    public TrustFolder Folder => _folder;

    public BrokerDirectory Directory => _directory.Current;

    /// <summary>Called after something has changed.</summary>
    public Action Changed { get; set; } = () => { };

    /// <summary>Called when somebody cannot go on with what is known.</summary>
    public Action Hurry { get; set; } = () => { };

    /// <summary>An agent that has not heard from the broker for a day does not know who is suspended; it exchanges nothing.</summary>
    public Refusal? WhyNotFresh()
    {
        if (_directory.Current.IsFresh(_time.GetUtcNow()))
        {
            return null;
        }

        Hurry();
        return new Refusal(RefusalName.DirectoryStale, RetryAfter: TimeSpan.FromSeconds(2));
    }

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
        var (held, directory) = (_folder.Held!, _directory.Current);
        return (held.Members!.Value.With(directory, _broker), held.Catalogs.Without(directory.SwitchedOff));
    }
}
