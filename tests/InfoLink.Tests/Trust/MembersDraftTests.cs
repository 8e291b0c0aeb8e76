using System.Text;
using InfoLink.Authoring;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;
using Xunit;

namespace InfoLink.Tests.Trust;

public sealed class MembersDraftTests : IDisposable
{
    private static readonly AgencyId Yokohama = AgencyId.Parse("yokohama");
    private readonly SomeAuthority _some = new();

    public void Dispose() => _some.Dispose();

    [Fact]
    public void A_member_is_read_as_it_was_added()
    {
        var member = SomeAuthority.SomeMember("yokohama") with
        {
            Categories = [new CategoryTerm(CategoryId.Parse("a"), new DateOnly(2026, 1, 1), new DateOnly(2026, 3, 31)), new CategoryTerm(CategoryId.Parse("b"), new DateOnly(2026, 1, 1), Until: null)],
            CodeEpochs = new CodeEpochs(3, 2),
            Flags = ["number-less", "may-match-in-registry"],
        };
        var list = MembersDraft.Add(SomeAuthority.EmptyList(), member, SomeAuthority.Now);
        Assert.True(list.Value.TryFind(Yokohama, out var read));
        Assert.Equal((member.Name, member.IdentityKey, member.CodeEpochs), (read.Name, read.IdentityKey, read.CodeEpochs));
        Assert.Equal(member.Categories, read.Categories);
        Assert.Equal(member.Flags, read.Flags);
    }

    [Fact]
    public void From_a_signed_list_comes_the_next_version_and_a_draft_keeps_its_number()
    {
        var draft = MembersDraft.Add(SomeAuthority.EmptyList(), SomeAuthority.SomeMember("yokohama"), SomeAuthority.Now);
        Assert.Equal((1, null), (draft.Header.Version, draft.Header.Previous));
        var signed = new Document<MemberList>(_some.Sign(draft.Envelope, DocumentKind.Members, 0), draft.Header, draft.Value);

        var later = SomeAuthority.Now.AddDays(20);
        var next = MembersDraft.Add(signed, SomeAuthority.SomeMember("setagaya"), later);
        Assert.Equal((2, signed.Header.Sha256, later), (next.Header.Version, next.Header.Previous, next.Header.Issued));
        Assert.Equal(JapanTime.CivilDate(later).AddDays(100), next.Header.Expires);
        Assert.True(next.Header.Follows(signed.Header));

        var amended = MembersDraft.Add(next, SomeAuthority.SomeMember("kawasaki"), later.AddDays(1), new DateOnly(2026, 12, 1));
        Assert.Equal((2, signed.Header.Sha256, new DateOnly(2026, 12, 1)), (amended.Header.Version, amended.Header.Previous, amended.Header.Expires));
        Assert.Equal(3, amended.Value.Members.Length);
    }

    [Fact]
    public void One_thing_changes_and_everything_else_stays_to_the_byte()
    {
        var list = MembersDraft.Add(SomeAuthority.EmptyList(), SomeAuthority.SomeMember("setagaya"), SomeAuthority.Now);
        list = MembersDraft.Add(list, SomeAuthority.SomeMember("yokohama"), SomeAuthority.Now);
        var changed = MembersDraft.Change(list, Yokohama, new MemberChange { CodeEpochs = new CodeEpochs(2, 1) }, SomeAuthority.Now);
        var change = Assert.Single(Differences(list, changed), difference => difference.Path.EndsWith("current", StringComparison.Ordinal));
        Assert.Equal(("agencies.yokohama.codeEpochs.current", "1", "2"), (change.Path, change.Before, change.After));
        Assert.Equal(["agencies.yokohama.codeEpochs.current", "agencies.yokohama.codeEpochs.previous"], Differences(list, changed).Select(difference => difference.Path), StringComparer.Ordinal);

        var back = MembersDraft.Change(changed, Yokohama, new MemberChange { CodeEpochs = new CodeEpochs(1, Previous: null) }, SomeAuthority.Now);
        Assert.Equal(Encoding.UTF8.GetString(list.Envelope.Payload.Span), Encoding.UTF8.GetString(back.Envelope.Payload.Span));
        var without = MembersDraft.Remove(MembersDraft.Add(list, SomeAuthority.SomeMember("kawasaki"), SomeAuthority.Now), AgencyId.Parse("kawasaki"), SomeAuthority.Now);
        Assert.Equal(list.Envelope.Sha256, without.Envelope.Sha256);
    }

    [Fact]
    public void The_last_member_may_go_and_the_first_may_come_again()
    {
        var empty = SomeAuthority.EmptyList();
        var one = MembersDraft.Add(empty, SomeAuthority.SomeMember("yokohama"), SomeAuthority.Now);
        Assert.Empty(MembersDraft.Remove(one, Yokohama, SomeAuthority.Now).Value.Members);
    }

    [Fact]
    public void Flags_are_set_and_taken_away()
    {
        var list = MembersDraft.Add(SomeAuthority.EmptyList(), SomeAuthority.SomeMember("yokohama"), SomeAuthority.Now);
        var marked = MembersDraft.Change(list, Yokohama, new MemberChange { Flags = ["number-less"] }, SomeAuthority.Now);
        Assert.Equal(["number-less"], marked.Value.Members.Single().Flags, StringComparer.Ordinal);
        Assert.Empty(MembersDraft.Change(marked, Yokohama, new MemberChange { Flags = [] }, SomeAuthority.Now).Value.Members.Single().Flags);
    }

    [Fact]
    public void What_no_agent_would_take_is_not_drafted()
    {
        var member = SomeAuthority.SomeMember("yokohama");
        var list = MembersDraft.Add(SomeAuthority.EmptyList(), member, SomeAuthority.Now);
        AssertRefused(DocumentFault.DoesNotFit, "member already", () => MembersDraft.Add(list, member, SomeAuthority.Now));
        AssertRefused(DocumentFault.Malformed, "already stands at agencies.yokohama.identityKey", () => MembersDraft.Add(list, member with { Id = AgencyId.Parse("yokosuka") }, SomeAuthority.Now));
        AssertRefused(DocumentFault.Malformed, "epochs count up", () => MembersDraft.Change(list, Yokohama, new MemberChange { CodeEpochs = new CodeEpochs(1, 2) }, SomeAuthority.Now));
        AssertRefused(DocumentFault.Malformed, "must hold 1 to 50", () => MembersDraft.Change(list, Yokohama, new MemberChange { Categories = [] }, SomeAuthority.Now));
        AssertRefused(DocumentFault.DoesNotFit, "no member", () => MembersDraft.Remove(list, AgencyId.Parse("nagoya"), SomeAuthority.Now));
        AssertRefused(DocumentFault.DoesNotFit, "Nothing about", () => MembersDraft.Change(list, Yokohama, new MemberChange(), SomeAuthority.Now));
        AssertRefused(DocumentFault.Malformed, "nothing would ever be answered", () => MembersDraft.WithQuorum(list, 1, SomeAuthority.Now));
        AssertRefused(DocumentFault.LivesTooLong, "0 to 100 days", () => MembersDraft.Renew(list, SomeAuthority.Now, new DateOnly(2027, 9, 1)));

        static void AssertRefused(DocumentFault fault, string cause, Func<Document<MemberList>> draft)
        {
            var refused = Assert.Throws<DocumentException>(draft);
            Assert.Equal(fault, refused.Fault);
            Assert.Contains(cause, refused.Message, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<DocumentChange> Differences(Document<MemberList> before, Document<MemberList> after) =>
        DocumentDiff.Between(DocumentFile.Of("before", before.Envelope), DocumentFile.Of("after", after.Envelope)).Where(change => change.Section is not "expires");
}
