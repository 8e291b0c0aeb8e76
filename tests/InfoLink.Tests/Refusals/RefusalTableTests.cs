using System.Text.Json;
using Grpc.Core;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using Xunit;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Tests.Refusals;

/// <summary>The names are a contract: number, text, status and retryability never change. Whoever changes a row changes it here too, knowingly.</summary>
public sealed class RefusalTableTests
{
    private static readonly (int Number, string Name, StatusCode Status, bool Retryable)[] Contract =
    [
        (1, "REQUEST-MALFORMED", StatusCode.InvalidArgument, false),
        (2, "SUBJECT-COUNT", StatusCode.InvalidArgument, false),
        (3, "SUBJECT-REPEATED", StatusCode.InvalidArgument, false),
        (10, "CERTIFICATE-REQUIRED", StatusCode.Unauthenticated, false),
        (11, "CERTIFICATE-UNTRUSTED", StatusCode.Unauthenticated, false),
        (12, "MEMBER-UNKNOWN", StatusCode.PermissionDenied, false),
        (13, "MEMBER-SUSPENDED", StatusCode.PermissionDenied, false),
        (14, "PEER-MISMATCH", StatusCode.Unauthenticated, false),
        (15, "MEMBERS-EXPIRED", StatusCode.FailedPrecondition, true),
        (16, "DIRECTORY-STALE", StatusCode.Unavailable, true),
        (17, "JOIN-CODE-REFUSED", StatusCode.PermissionDenied, false),
        (20, "ENTRY-UNKNOWN", StatusCode.PermissionDenied, false),
        (21, "ENTRY-NOT-IN-FORCE", StatusCode.PermissionDenied, false),
        (22, "ENTRY-SWITCHED-OFF", StatusCode.PermissionDenied, false),
        (23, "REQUESTER-NOT-IN-ENTRY", StatusCode.PermissionDenied, false),
        (24, "PROVIDER-NOT-IN-ENTRY", StatusCode.PermissionDenied, false),
        (25, "ROLE-NOT-IN-ENTRY", StatusCode.PermissionDenied, false),
        (26, "KIND-NOT-IN-ENTRY", StatusCode.PermissionDenied, false),
        (27, "CONDITION-MISSING", StatusCode.InvalidArgument, false),
        (28, "CONDITION-NOT-ALLOWED", StatusCode.PermissionDenied, false),
        (29, "CONDITION-OUT-OF-RANGE", StatusCode.PermissionDenied, false),
        (30, "MODE-NOT-ALLOWED", StatusCode.PermissionDenied, false),
        (31, "CATALOG-EXPIRED", StatusCode.FailedPrecondition, true),
        (32, "CATALOG-MISMATCH", StatusCode.FailedPrecondition, true),
        (33, "REQUESTER-IS-PROVIDER", StatusCode.InvalidArgument, false),
        (40, "LINK-CODE-REFUSED", StatusCode.PermissionDenied, false),
        (50, "TOKEN-INVALID", StatusCode.Unauthenticated, false),
        (51, "TOKEN-EXPIRED", StatusCode.Unauthenticated, true),
        (52, "TOKEN-NOT-FOR-CALLER", StatusCode.PermissionDenied, false),
        (53, "TOKEN-OTHER-CERTIFICATE", StatusCode.Unauthenticated, false),
        (54, "TOKEN-SPENT", StatusCode.Aborted, false),
        (55, "TOKEN-UNKNOWN", StatusCode.Aborted, true),
        (56, "TOKEN-REVOKED", StatusCode.Aborted, true),
        (57, "LEDGER-REOPENED", StatusCode.Aborted, true),
        (58, "RECIPIENT-KEY-MISMATCH", StatusCode.InvalidArgument, false),
        (59, "CONDITIONS-MISMATCH", StatusCode.InvalidArgument, false),
        (70, "RECEIPT-INVALID", StatusCode.FailedPrecondition, false),
        (71, "COMMITMENT-INVALID", StatusCode.FailedPrecondition, false),
        (72, "LOG-FORKED", StatusCode.FailedPrecondition, false),
        (73, "LOG-STALE", StatusCode.Unavailable, true),
        (80, "NOT-AVAILABLE", StatusCode.NotFound, false),
        (81, "LAYOUT-VIOLATION", StatusCode.FailedPrecondition, false),
        (82, "IDENTITY-MISMATCH", StatusCode.FailedPrecondition, false),
        (83, "SOURCE-UNAVAILABLE", StatusCode.Unavailable, true),
        (84, "ANSWER-INVALID", StatusCode.FailedPrecondition, false),
        (85, "KIND-NOT-SERVED", StatusCode.Unimplemented, false),
        (86, "BLOCKED-BY-PROVIDER", StatusCode.PermissionDenied, false),
        (90, "SETTLE-CONFLICT", StatusCode.Aborted, false),
        (91, "EXCHANGE-UNKNOWN", StatusCode.NotFound, false),
        (92, "EXCHANGE-NOT-REDEEMED", StatusCode.FailedPrecondition, false),
        (100, "LOG-UNAVAILABLE", StatusCode.Unavailable, true),
        (101, "TOKEN-STORE-UNAVAILABLE", StatusCode.Unavailable, true),
        (102, "OVERLOADED", StatusCode.ResourceExhausted, true),
        (103, "BROKER-UNREACHABLE", StatusCode.Unavailable, true),
        (104, "PROVIDER-UNREACHABLE", StatusCode.Unavailable, true),
        (105, "ANSWER-LOST", StatusCode.Unavailable, true),
        (106, "LINK-MISSING", StatusCode.FailedPrecondition, false),
        (107, "DEADLINE-EXCEEDED", StatusCode.DeadlineExceeded, true),
        (108, "INTERNAL-FAULT", StatusCode.Internal, true),
        (109, "NUMBER-AS-KEY", StatusCode.InvalidArgument, false),
        (110, "MEMBER-NOT-ENTITLED", StatusCode.PermissionDenied, false),
        (120, "TICKET-INVALID", StatusCode.InvalidArgument, false),
        (121, "TICKET-NOT-FOR-CALLER", StatusCode.PermissionDenied, false),
        (122, "TICKET-EXPIRED", StatusCode.FailedPrecondition, false),
        (123, "TICKET-SPENT", StatusCode.FailedPrecondition, false),
        (125, "REGISTRY-UNREACHABLE", StatusCode.Unavailable, true),
        (126, "CODE-AUTHORITY-UNREACHABLE", StatusCode.Unavailable, true),
        (127, "CODE-STANDING-REFUSED", StatusCode.FailedPrecondition, false),
        (128, "IDENTITY-CHECK-MISSING", StatusCode.FailedPrecondition, false),
        (130, "CORRECTION-REFUSED", StatusCode.PermissionDenied, false),
        (132, "PROVIDER-RULE-MISSING", StatusCode.FailedPrecondition, false),
        (133, "PROVIDER-ADDRESS-UNKNOWN", StatusCode.FailedPrecondition, false),
        (134, "PROVIDER-NOT-MEMBER", StatusCode.FailedPrecondition, false),
        (140, "ANSWER-DENIED", StatusCode.PermissionDenied, false),
        (141, "NOTHING-PENDING", StatusCode.NotFound, false),
        (142, "OPERATOR-UNKNOWN", StatusCode.PermissionDenied, false),
        (143, "OPERATOR-NOT-ALLOWED", StatusCode.PermissionDenied, false),
        (144, "CASE-REFERENCE-MISSING", StatusCode.InvalidArgument, false),
        (145, "CASE-NOT-OPEN", StatusCode.FailedPrecondition, false),
        (146, "CALLER-UNKNOWN", StatusCode.Unauthenticated, false),
        (147, "CALLER-NOT-ALLOWED", StatusCode.PermissionDenied, false),
        (148, "REPEATED-DIFFERENTLY", StatusCode.Aborted, false),
        (149, "PROVIDER-CLOSED", StatusCode.Unavailable, true),
        (157, "RELEASE-PENDING", StatusCode.FailedPrecondition, false),
        (158, "RELEASE-REFUSED", StatusCode.PermissionDenied, false),
    ];

    public static TheoryData<RefusalName> Names => [.. Enum.GetValues<RefusalName>().Where(name => name != RefusalName.Unspecified)];

    [Fact]
    public void No_row_has_changed_silently() => Assert.Equal(
        Contract, RefusalTable.All.Select(row => ((int)row.Name, row.Text, row.Status, row.Retryable)));

    [Fact]
    public void Every_name_has_a_row_and_every_row_a_name()
    {
        Assert.Equal(Enum.GetValues<RefusalName>().Where(name => name != RefusalName.Unspecified).Order(), RefusalTable.All.Select(row => row.Name));
        using var file = JsonDocument.Parse(File.ReadAllText(RepositoryRoot.Path("contracts", "InfoLink.Contracts", "Refusals", "refusals.json")));
        var written = file.RootElement.EnumerateArray().Select(row => row.GetProperty("name").GetString()!).ToList();
        Assert.Equal(written.Count, written.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(Contract.Select(row => row.Name).Order(StringComparer.Ordinal), written.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_row_says_cause_and_way_out_in_both_languages(RefusalName name)
    {
        var row = RefusalTable.Of(name);
        Assert.All([row.En.Cause, row.En.WayOut], text =>
        {
            Assert.EndsWith(".", text, StringComparison.Ordinal);
            Assert.All(text, character => Assert.InRange(character, ' ', '~'));
        });
        Assert.All([row.Ja.Cause, row.Ja.WayOut], text =>
        {
            Assert.EndsWith("。", text, StringComparison.Ordinal);
            Assert.Contains(text, character => character is >= '\u3040' and <= '\u30FF' or >= '\u4E00' and <= '\u9FFF');
        });
        Assert.NotEqual(StatusCode.OK, row.Status);
        Assert.True(RefusalTable.TryParse(row.Text, out var parsed));
        Assert.Equal(name, parsed);
    }

    [Fact]
    public void No_two_rows_say_the_same_cause()
    {
        Assert.Equal(Contract.Length, RefusalTable.All.Select(row => row.En.Cause).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(Contract.Length, RefusalTable.All.Select(row => row.Ja.Cause).Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_refusal_crosses_the_wire_whole(RefusalName name)
    {
        var refusal = new Refusal(name, "taxYear", TimeSpan.FromSeconds(3));
        var fault = refusal.ToRpcException();
        Assert.Equal(RefusalTable.Of(name).Status, fault.StatusCode);
        Assert.Equal(refusal, RefusalWire.TryRead(fault));
        Assert.Contains(refusal.Text, fault.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("taxYear", fault.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_peer_says_is_bounded_and_cannot_speak_in_our_name()
    {
        var message = new V1.Refusal
        {
            Name = RefusalName.TokenSpent,
            Retryable = true,
            RetryAfterMs = long.MaxValue,
            CauseEn = "Send us your keys.",
            Detail = "a\r\n\u001b[31mb" + new string('c', 500),
        };
        var read = RefusalWire.FromMessage(message)!;
        Assert.False(read.Retryable);
        Assert.Equal(RefusalTable.Of(RefusalName.TokenSpent).En.Cause, read.CauseEn);
        Assert.Equal(TimeSpan.FromHours(1), read.RetryAfter);
        Assert.DoesNotContain(read.Detail, char.IsControl);
        Assert.InRange(read.Detail.Length, 1, 200);
        Assert.Equal(TimeSpan.Zero, RefusalWire.FromMessage(new V1.Refusal { Name = RefusalName.TokenSpent, RetryAfterMs = -1 })!.RetryAfter);
    }

    [Fact]
    public void A_trailer_that_says_nothing_known_is_no_refusal()
    {
        Assert.Null(RefusalWire.FromMessage(null));
        Assert.Null(RefusalWire.FromMessage(new V1.Refusal()));
        Assert.Null(RefusalWire.FromMessage(new V1.Refusal { Name = (RefusalName)999 }));
        Assert.Null(RefusalWire.TryRead(new RpcException(new Status(StatusCode.Unavailable, "x"))));
        Assert.Null(RefusalWire.TryRead(new RpcException(new Status(StatusCode.Unavailable, "x"), new Metadata { { RefusalWire.TrailerName, [0xFF, 0xFF] } })));
        Assert.False(RefusalTable.TryParse("token-spent", out _));
        Assert.False(RefusalTable.TryOf(RefusalName.Unspecified, out _));
    }
}
