using InfoLink.Broker.Catalog;
using InfoLink.Broker.Membership;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Identity;
using InfoLink.Hosting.Trust;

namespace InfoLink.Broker;

/// <summary>
/// Joins what the authority signed with what the directory narrows, and puts both in force together: whenever one of them changes, snapshots are
/// replaced whole, and those who wait for changes are told.
/// </summary>
internal sealed class TrustInForce
{
    private readonly TrustFolder _trust;
    private readonly DirectoryDesk _directory;
    private readonly TokenKeys _tokenKeys;
    private readonly IdentityChange _change;
    private readonly Uri _address;
    private readonly Lock _gate = new();

    public TrustInForce(TrustFolder trust, DirectoryDesk directory, TokenKeys tokenKeys, IdentityChange change, Uri address, TimeProvider time)
    {
        (_trust, _directory, _tokenKeys, _change, _address) = (trust, directory, tokenKeys, change, address);
        var (held, narrowing) = (trust.Held!, directory.Current.Directory);
        Members = new Members(held.Members!.Value.With(narrowing, address));
        Catalog = new CatalogInForce(held.Catalogs.Without(narrowing.SwitchedOff), time);
        trust.Changed = _ => Renew();
        directory.Changed = _ => Renew();
    }

    public Members Members { get; }

    public CatalogInForce Catalog { get; }

    /// <summary>Tells of every change.</summary>
    public Changes Changes { get; } = new();

    private void Renew()
    {
        lock (_gate)
        {
            var (held, narrowing) = (_trust.Held!, _directory.Current.Directory);
            _tokenKeys.Replace(held.Members!.Value, held.MembersSince);
            _change.Follow(held.Members.Value.Broker.IdentityKeys);
            Members.Replace(held.Members.Value.With(narrowing, _address));
            Catalog.Replace(held.Catalogs.Without(narrowing.SwitchedOff));
        }

        Changes.Tell();
    }
}
