using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Tiles;
using Xunit;

namespace InfoLink.Tests.Tiles;

public sealed class EntryBundleTests
{
    [Fact]
    public void Entries_have_their_length_before_them()
    {
        var bytes = EntryBundle.Write([new byte[] { 7 }, Array.Empty<byte>(), new byte[] { 8, 9 }]);
        Assert.Equal([0, 1, 7, 0, 0, 0, 2, 8, 9], bytes);
        Assert.Equal([[7], [], [8, 9]], EntryBundle.Read(bytes, 3).Select(entry => entry.ToArray()));
    }

    [Fact]
    public void The_longest_entry_fits_and_a_longer_one_is_named_by_its_place()
    {
        var bytes = EntryBundle.Write([new byte[EntryBundle.MaxEntry]]);
        Assert.Equal(EntryBundle.MaxBytes(1), bytes.Length);
        Assert.Equal(EntryBundle.MaxEntry, EntryBundle.Read(bytes, 1)[0].Length);
        var refused = Assert.Throws<ArgumentException>(() => EntryBundle.Write([new byte[1], new byte[EntryBundle.MaxEntry + 1]]));
        Assert.Contains("Entry 1", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(257)]
    public void A_bundle_has_1_to_256_entries(int width)
    {
        Assert.Throws<ArgumentException>(() => EntryBundle.Write([.. Enumerable.Repeat(ReadOnlyMemory<byte>.Empty, width)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => EntryBundle.Read(new byte[1000], width));
    }

    [Fact]
    public void A_bundle_cut_anywhere_names_the_first_entry_that_is_not_whole()
    {
        var bytes = EntryBundle.Write([new byte[5], new byte[3]]);
        for (var length = 0; length < bytes.Length; length++)
        {
            var refused = Assert.Throws<EntryBundleException>(() => EntryBundle.Read(bytes.AsMemory(0, length), 2));
            Assert.Equal((TileFault.Truncated, length < 7 ? 0 : 1), (refused.Fault, refused.Entry));
        }
    }

    [Fact]
    public void Bytes_behind_the_last_entry_are_refused()
    {
        var bytes = EntryBundle.Write([new byte[5], new byte[3]]);
        Assert.Equal((TileFault.TooLong, 2), Fault(() => EntryBundle.Read((byte[])[.. bytes, 0], 2)));
        Assert.Equal((TileFault.TooLong, 1), Fault(() => EntryBundle.Read(bytes, 1)));
        Assert.Equal((TileFault.Truncated, 2), Fault(() => EntryBundle.Read(bytes, 3)));

        static (TileFault, int) Fault(Action read) => Assert.Throws<EntryBundleException>(read) is var refused ? (refused.Fault, refused.Entry) : default;
    }

    [Fact]
    public void Any_entries_come_back() => Prop.ForAll(
        Gen.NonEmptyListOf(Gen.ArrayOf(ArbMap.Default.GeneratorFor<byte>())).Where(entries => entries.Count() <= 256).ToArbitrary(), entries =>
        {
            var written = EntryBundle.Write([.. entries.Select(entry => (ReadOnlyMemory<byte>)entry)]);
            return EntryBundle.Read(written, entries.Count()).Select(entry => entry.ToArray()).Zip(entries).All(pair => pair.First.SequenceEqual(pair.Second));
        }).QuickCheckThrowOnFailure();
}
