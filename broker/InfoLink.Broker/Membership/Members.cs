using InfoLink.Contracts.Membership;

namespace InfoLink.Broker.Membership;

/// <summary>
/// The member list in force, as one snapshot that is replaced whole: a call reads <see cref="Current"/> once and sees one list.
/// Signed lists with their rules against rollback take the place of the plain file.
/// </summary>
internal sealed class Members(MemberList first)
{
    private volatile MemberList _current = first;

    public MemberList Current => _current;

    public void Replace(MemberList next) => _current = next;
}
