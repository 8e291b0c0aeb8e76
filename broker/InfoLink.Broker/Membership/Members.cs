using InfoLink.Contracts.Membership;

namespace InfoLink.Broker.Membership;

/// <summary>
/// The member list in force as the directory leaves it, as one snapshot that is replaced whole: a call reads <see cref="Current"/> once and sees one list.
/// </summary>
internal sealed class Members(MemberList first)
{
    private volatile MemberList _current = first;

    public MemberList Current => _current;

    public void Replace(MemberList next) => _current = next;
}
