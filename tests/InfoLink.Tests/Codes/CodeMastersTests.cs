using InfoLink.Broker.Codes;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using Xunit;

namespace InfoLink.Tests.Codes;

public class CodeMastersTests
{
    private static readonly AgencyId Setagaya = AgencyId.Parse("131121");
    private static readonly byte[] Master = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [Fact]
    public void An_epoch_gets_one_master_ever()
    {
        using var masters = new CodeMasters();
        masters.Add(7, Master);
        Assert.Throws<InvalidOperationException>(() => masters.Add(7, Master));
        masters.Destroy(7);
        Assert.False(masters.Has(7));
        Assert.Throws<InvalidOperationException>(() => masters.Add(7, Master));
    }

    [Fact]
    public void An_epoch_destroyed_before_it_was_loaded_stays_destroyed()
    {
        using var masters = new CodeMasters();
        masters.Destroy(3);
        Assert.Throws<InvalidOperationException>(() => masters.Add(3, Master));
    }

    [Fact]
    public void A_master_is_copied()
    {
        using var masters = new CodeMasters();
        var given = (byte[])Master.Clone();
        masters.Add(7, given);
        Array.Clear(given);
        masters.Add(8, Master);
        byte[] seven = new byte[16], eight = new byte[16];
        masters.Encrypt(Setagaya, 7, seven);
        masters.Encrypt(Setagaya, 8, eight);
        Assert.Equal(eight, seven);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    [InlineData(31)]
    [InlineData(33)]
    public void Masters_of_other_lengths_are_refused(int length)
    {
        using var masters = new CodeMasters();
        Assert.Throws<ArgumentException>(() => masters.Add(7, new byte[length]));
    }

    [Fact]
    public void A_cache_of_one_key_gives_the_same_codes_as_a_large_one()
    {
        using var small = new CodeMasters(cachedKeys: 1);
        using var large = new CodeMasters();
        small.Add(7, Master);
        large.Add(7, Master);
        var agencies = Enumerable.Range(0, 20).Select(i => AgencyId.Parse($"agency-{i}")).ToArray();
        foreach (var agency in agencies.Concat(agencies))
        {
            byte[] one = new byte[16], other = new byte[16];
            small.Encrypt(agency, 7, one);
            large.Encrypt(agency, 7, other);
            Assert.Equal(other, one);
        }
        Assert.Equal((1, 20), (small.CachedKeys, large.CachedKeys));
    }

    [Fact]
    public void With_a_master_go_the_keys_derived_from_it()
    {
        using var masters = new CodeMasters();
        masters.Add(7, Master);
        masters.Add(8, Master);
        masters.Encrypt(Setagaya, 7, new byte[16]);
        masters.Encrypt(Setagaya, 8, new byte[16]);
        masters.Destroy(7);
        Assert.Equal(1, masters.CachedKeys);
        Assert.True(masters.Decrypt(Setagaya, 8, new byte[16]));
    }

    [Fact]
    public void A_key_dropped_while_someone_holds_it_refuses_and_touches_nothing()
    {
        var key = LinkCodeKey.Derive(Master, Setagaya);
        key.Dispose();
        var block = new byte[16];
        Assert.False(key.TryEncrypt(block));
        Assert.False(key.TryDecrypt(block));
        Assert.Equal(new byte[16], block);
    }

    [Fact]
    public void Without_a_master_the_work_is_done_and_the_answer_is_noise()
    {
        using var masters = new CodeMasters();
        var block = new byte[16];
        Assert.False(masters.Decrypt(Setagaya, 7, block));
        Assert.NotEqual(new byte[16], block);
    }

    [Fact]
    public void After_disposal_nothing_is_enciphered()
    {
        var masters = new CodeMasters();
        masters.Add(7, Master);
        masters.Dispose();
        Assert.Throws<ObjectDisposedException>(() => masters.Encrypt(Setagaya, 7, new byte[16]));
        Assert.Throws<ObjectDisposedException>(() => masters.Decrypt(Setagaya, 7, new byte[16]));
        Assert.Throws<ObjectDisposedException>(() => masters.DecryptToNoise(new byte[16]));
        Assert.Throws<ObjectDisposedException>(() => masters.Add(8, Master));
    }

    [Fact]
    public async Task Threads_that_push_each_others_keys_out_read_every_code()
    {
        using var masters = new CodeMasters(cachedKeys: 2);
        masters.Add(7, Master);
        var cipher = new LinkCodeCipher(masters);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() =>
        {
            for (var i = 0; i < 300; i++)
            {
                var agency = AgencyId.Parse($"agency-{(worker + i) % 5}");
                var id = IdCode.Create(IdCodeKind.Test, (ulong)i, 0);
                Assert.True(cipher.TryDecode(cipher.Encode(id, agency, 7), agency, [7], out var read));
                Assert.Equal(id, read);
            }
        })));
    }
}
