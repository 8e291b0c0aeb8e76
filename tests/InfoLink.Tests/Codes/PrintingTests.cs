using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using InfoLink.Broker.Codes;
using InfoLink.CodeAuthority.Derivation;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using Xunit;

namespace InfoLink.Tests.Codes;

/// <summary>Secret types show nothing by accident: not in text, not in JSON, not in a debugger.</summary>
public class PrintingTests
{
    private static readonly LinkCode Code = LinkCode.FromBytes(Convert.FromHexString("07ce29f36b6fe7fdd8ec9d1bc5fef65270"));
    private static readonly IdCode Id = IdCode.Create(IdCodeKind.Test, 2109934814, 0);
    private static readonly ResidentRecordCode Resident = ResidentRecordCode.Parse("02034038050");

    [Fact]
    public void Texts_are_redacted()
    {
        using var masters = new CodeMasters();
        using var registerKey = new RegisterKey(new byte[32]);
        using var derivation = new IdCodeDerivation(new byte[32]);
        Assert.Equal(
            "LinkCode(redacted) IdCode(redacted) ResidentRecordCode(redacted) RegisterTag(redacted) "
            + "CodeMasters(redacted) RegisterKey(redacted) IdCodeDerivation(redacted)",
            $"{Code} {Id} {Resident} {registerKey.TagOf(Id)} {masters} {registerKey} {derivation}");
    }

    [Fact]
    public void Records_that_hold_them_are_redacted_too() =>
        Assert.Equal("Holder { Code = LinkCode(redacted), Id = IdCode(redacted) }", new Holder(Code, Id).ToString());

    [Fact]
    public void Json_is_refused_both_ways()
    {
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(Code));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(Id));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(Resident));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(new Holder(Code, Id)));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Deserialize<LinkCode>("\"0Z72KWVBDZKZVP7CKMDWBZQPA9R0\""));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Deserialize<IdCode>("{}"));
    }

    [Theory]
    [InlineData(typeof(LinkCode))]
    [InlineData(typeof(IdCode))]
    [InlineData(typeof(ResidentRecordCode))]
    public void Debuggers_show_no_field(Type type)
    {
        Assert.EndsWith("(redacted)", type.GetCustomAttribute<DebuggerDisplayAttribute>()?.Value, StringComparison.Ordinal);
        Assert.All(
            type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic),
            field => Assert.Equal(DebuggerBrowsableState.Never, field.GetCustomAttribute<DebuggerBrowsableAttribute>()?.State));
    }

    [Fact]
    public void Errors_do_not_repeat_what_they_refuse()
    {
        AssertSilent("02034038051", () => ResidentRecordCode.Parse("02034038051"));
        AssertSilent("9999999999", () => ResidentRecordCode.FromBase(99999999999));
        AssertSilent("9999999999", () => IdCode.Create(IdCodeKind.Test, 99999999999, 0));
    }

    private static void AssertSilent(string secret, Func<object> refused) =>
        Assert.DoesNotContain(secret, Assert.ThrowsAny<Exception>(refused).ToString(), StringComparison.Ordinal);

    private sealed record Holder(LinkCode Code, IdCode Id);
}
