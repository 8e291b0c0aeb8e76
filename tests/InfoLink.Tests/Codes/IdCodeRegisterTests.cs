using System.Security.Cryptography;
using InfoLink.Broker.Codes;
using InfoLink.Codes;
using Xunit;

namespace InfoLink.Tests.Codes;

public sealed class IdCodeRegisterTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 9, 1, 9, 0, 0, TimeSpan.FromHours(9));
    private static readonly IdCode Someone = IdCode.Create(IdCodeKind.Resident, 1234567890, 1);
    private static readonly Succession Successor = new(new RegisterTag(new byte[32]), default, default);

    private readonly RegisterKey _key = new([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);

    [Fact]
    public void A_tag_is_the_HMAC_of_kind_and_serial()
    {
        byte[] bytes = new byte[RegisterTag.Length], person = [0x01, 0x00, 0x49, 0x96, 0x02, 0xD2];
        _key.TagOf(Someone).CopyTo(bytes);
        Assert.Equal(HMACSHA256.HashData(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray(), person), bytes);
        Assert.Equal(new RegisterTag(bytes), _key.TagOf(Someone.WithGeneration(7)));
        Assert.NotEqual(_key.TagOf(Someone), _key.TagOf(IdCode.Create(IdCodeKind.Test, 1234567890, 1)));
    }

    [Fact]
    public void Absent_means_generation_0_and_active()
    {
        Assert.IsType<CodeStanding.Current>(CodeStanding.Decide(Someone.WithGeneration(0), null, Now));
        AssertRefused(StandingFault.UnissuedGeneration, CodeStanding.Decide(Someone, null, Now));
    }

    [Fact]
    public void Only_the_current_generation_goes_on()
    {
        var entry = new RegisterEntry(1, RegisterState.Active);
        AssertRefused(StandingFault.OldGeneration, CodeStanding.Decide(Someone.WithGeneration(0), entry, Now));
        Assert.IsType<CodeStanding.Current>(CodeStanding.Decide(Someone, entry, Now));
        AssertRefused(StandingFault.UnissuedGeneration, CodeStanding.Decide(Someone.WithGeneration(2), entry, Now));
    }

    [Fact]
    public void Frozen_superseded_and_unread_codes_are_refused()
    {
        AssertRefused(StandingFault.Frozen, CodeStanding.Decide(Someone, new RegisterEntry(1, RegisterState.Frozen), Now));
        var ended = new RegisterEntry(1, RegisterState.Superseded, Successor);
        AssertRefused(StandingFault.Superseded, CodeStanding.Decide(Someone, ended, Now));
        AssertRefused(StandingFault.NoCode, CodeStanding.Decide(default, null, Now));
    }

    [Fact]
    public void A_code_is_refused_from_the_moment_it_expires()
    {
        var entry = new RegisterEntry(1, RegisterState.Active, ExpiresAt: Now);
        Assert.IsType<CodeStanding.Current>(CodeStanding.Decide(Someone, entry, Now.AddTicks(-1)));
        AssertRefused(StandingFault.Expired, CodeStanding.Decide(Someone, entry, Now));
    }

    [Fact]
    public void Generations_only_rise_and_what_is_superseded_stays_so()
    {
        var first = new RegisterEntry(1, RegisterState.Active);
        var ended = new RegisterEntry(1, RegisterState.Superseded, Successor);
        Assert.True(first.MayFollow(null));
        Assert.True(new RegisterEntry(1, RegisterState.Frozen).MayFollow(first));
        Assert.True(first.MayFollow(new RegisterEntry(1, RegisterState.Frozen)));
        Assert.True(ended.MayFollow(first));
        Assert.True(ended.MayFollow(ended));
        Assert.False(new RegisterEntry(0, RegisterState.Active).MayFollow(first));
        Assert.False(new RegisterEntry(2, RegisterState.Active).MayFollow(ended));
        Assert.False(new RegisterEntry(1, RegisterState.Superseded).MayFollow(first));
        Assert.False(new RegisterEntry(1, RegisterState.Active, Successor).MayFollow(first));
    }

    [Fact]
    public async Task What_is_written_is_found_in_its_place_and_the_rest_is_absent()
    {
        var register = new MemoryIdCodeRegister();
        var entry = new RegisterEntry(1, RegisterState.Frozen, ExpiresAt: Now);
        Assert.Equal(RegisterWrite.Written, await Put(register, Someone, null, entry));
        var other = _key.TagOf(IdCode.Create(IdCodeKind.Resident, 1, 0));
        var found = await register.FindAsync(new[] { other, _key.TagOf(Someone), other }, TestContext.Current.CancellationToken);
        Assert.Equal<RegisterEntry?[]>([null, entry, null], found);
    }

    [Fact]
    public async Task A_write_that_expected_something_else_is_a_conflict()
    {
        var register = new MemoryIdCodeRegister();
        var first = new RegisterEntry(1, RegisterState.Active);
        Assert.Equal(RegisterWrite.Conflict, await Put(register, Someone, first, first));
        Assert.Equal(RegisterWrite.Written, await Put(register, Someone, null, first));
        Assert.Equal(RegisterWrite.Conflict, await Put(register, Someone, null, new RegisterEntry(2, RegisterState.Active)));
        Assert.Equal(RegisterWrite.Forbidden, await Put(register, Someone, first, new RegisterEntry(0, RegisterState.Active)));
        Assert.Equal(RegisterWrite.Written, await Put(register, Someone, first, new RegisterEntry(2, RegisterState.Active)));
    }

    [Fact]
    public async Task A_full_register_refuses_new_persons_and_forgets_none()
    {
        var register = new MemoryIdCodeRegister(capacity: 1);
        var frozen = new RegisterEntry(1, RegisterState.Frozen);
        await Put(register, Someone, null, frozen);
        Assert.Equal(RegisterWrite.Full, await Put(register, IdCode.Create(IdCodeKind.Resident, 1, 0), null, frozen));
        Assert.Equal(RegisterWrite.Written, await Put(register, Someone, frozen, new RegisterEntry(2, RegisterState.Frozen)));
    }

    [Fact]
    public async Task Of_many_writers_that_expect_the_same_one_succeeds()
    {
        var register = new MemoryIdCodeRegister();
        var results = await Task.WhenAll(Enumerable.Range(1, 50).Select(generation => Task.Run(async () =>
            await Put(register, Someone, null, new RegisterEntry((byte)generation, RegisterState.Active)))));
        Assert.Single(results, RegisterWrite.Written);
        Assert.Equal(49, results.Count(result => result == RegisterWrite.Conflict));
    }

    [Fact]
    public void A_disposed_key_makes_no_tags()
    {
        var key = new RegisterKey(new byte[32]);
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.TagOf(Someone));
        Assert.Throws<ArgumentException>(() => new RegisterKey(new byte[31]));
        Assert.Throws<ArgumentException>(() => _key.TagOf(default));
    }

    public void Dispose() => _key.Dispose();

    private ValueTask<RegisterWrite> Put(MemoryIdCodeRegister register, IdCode id, RegisterEntry? expected, RegisterEntry entry) =>
        register.PutAsync(_key.TagOf(id), expected, entry, TestContext.Current.CancellationToken);

    private static void AssertRefused(StandingFault why, CodeStanding standing) =>
        Assert.Equal(why, Assert.IsType<CodeStanding.Refused>(standing).Why);
}
