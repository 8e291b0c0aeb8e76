using FsCheck;
using FsCheck.Fluent;
using InfoLink.Broker.Codes;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using Xunit;

namespace InfoLink.Tests.Codes;

public sealed class LinkCodeCipherTests : IDisposable
{
    private static readonly AgencyId Setagaya = AgencyId.Parse("131121");
    private static readonly AgencyId Yokohama = AgencyId.Parse("141003");
    private static readonly IdCode Someone = IdCode.Create(IdCodeKind.Test, 2109934814, 0);

    private readonly CodeMasters _masters = new();
    private readonly LinkCodeCipher _cipher;

    public LinkCodeCipherTests()
    {
        for (byte epoch = 6; epoch <= 8; epoch++)
            _masters.Add(epoch, Enumerable.Repeat(epoch, CodeMasters.MasterLength).ToArray());
        _cipher = new LinkCodeCipher(_masters);
    }

    [Fact]
    public void Any_ID_code_is_read_back_from_its_link_code() =>
        Prop.ForAll(IdCodeTests.AnyIdCode, id =>
            _cipher.TryDecode(_cipher.Encode(id, Setagaya, 7), Setagaya, [7], out var read) && read == id)
        .QuickCheckThrowOnFailure();

    [Fact]
    public void A_person_has_another_code_at_every_agency_in_every_epoch_and_generation()
    {
        LinkCode[] codes =
        [
            _cipher.Encode(Someone, Setagaya, 7), _cipher.Encode(Someone, Yokohama, 7),
            _cipher.Encode(Someone, Setagaya, 8), _cipher.Encode(Someone.WithGeneration(1), Setagaya, 7),
        ];
        Assert.Distinct(codes);
    }

    [Fact]
    public void Every_flip_of_one_bit_is_refused()
    {
        var bytes = new byte[LinkCode.ByteLength];
        _cipher.Encode(Someone, Setagaya, 7).CopyTo(bytes);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(_cipher.TryDecode(LinkCode.FromBytes(bytes), Setagaya, [6, 7, 8], out var id), $"bit {bit}");
            Assert.True(id.IsNone);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        Assert.True(_cipher.TryDecode(LinkCode.FromBytes(bytes), Setagaya, [6, 7, 8], out _));
    }

    [Fact]
    public void Random_codes_are_refused() =>
        Prop.ForAll<byte[]>(any =>
        {
            var block = any.Concat(new byte[LinkCode.BlockLength]).Take(LinkCode.BlockLength).ToArray();
            return !_cipher.TryDecode(new LinkCode(7, block), Setagaya, [7], out _);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_code_of_another_agency_is_refused() =>
        Assert.False(_cipher.TryDecode(_cipher.Encode(Someone, Yokohama, 7), Setagaya, [7], out _));

    [Fact]
    public void A_code_of_an_epoch_the_agency_does_not_accept_is_refused()
    {
        var code = _cipher.Encode(Someone, Setagaya, 6);
        Assert.True(_cipher.TryDecode(code, Setagaya, [6, 7], out _));
        Assert.False(_cipher.TryDecode(code, Setagaya, [7, 8], out _));
        Assert.False(_cipher.TryDecode(code, Setagaya, [], out _));
    }

    [Fact]
    public void A_code_of_an_epoch_whose_master_is_destroyed_is_refused_and_none_is_made()
    {
        var code = _cipher.Encode(Someone, Setagaya, 6);
        _masters.Destroy(6);
        Assert.False(_cipher.TryDecode(code, Setagaya, [6, 7], out _));
        Assert.Throws<InvalidOperationException>(() => _cipher.Encode(Someone, Setagaya, 6));
    }

    [Fact]
    public void A_block_that_is_genuine_but_holds_no_ID_code_is_refused()
    {
        foreach (var hex in new[] { "03000000000000", "0102540be40000", "00000000000000" })
        {
            var block = new byte[LinkCode.BlockLength];
            Convert.FromHexString(hex).CopyTo(block, 0);
            _masters.Encrypt(Setagaya, 7, block);
            Assert.False(_cipher.TryDecode(new LinkCode(7, block), Setagaya, [7], out _), hex);
        }
    }

    [Fact]
    public void Each_of_the_nine_zero_bytes_counts()
    {
        for (var at = IdCode.ByteLength; at < LinkCode.BlockLength; at++)
        {
            var block = new byte[LinkCode.BlockLength];
            Someone.CopyTo(block);
            block[at] = 1;
            _masters.Encrypt(Setagaya, 7, block);
            Assert.False(_cipher.TryDecode(new LinkCode(7, block), Setagaya, [7], out _), $"byte {at}");
        }
    }

    [Fact]
    public void Many_codes_of_mixed_epochs_keep_their_places()
    {
        var ids = Enumerable.Range(0, 1_000).Select(i => IdCode.Create(IdCodeKind.Test, (ulong)i, 0)).ToArray();
        var codes = new LinkCode[ids.Length];
        _cipher.EncodeAll(ids, Setagaya, 7, codes);
        for (var i = 0; i < ids.Length; i++)
        {
            codes[i] = (i % 5) switch
            {
                1 => _cipher.Encode(ids[i], Setagaya, 8),
                2 => _cipher.Encode(ids[i], Setagaya, 6), // not accepted
                3 => _cipher.Encode(ids[i], Yokohama, 7), // not Setagaya's
                _ => codes[i],
            };
        }

        var read = Enumerable.Repeat(Someone, ids.Length).ToArray(); // what was there before must not shine through
        Assert.Equal(600, _cipher.DecodeAll(codes, Setagaya, [8, 7], read));
        for (var i = 0; i < ids.Length; i++)
            Assert.Equal((i % 5) is 2 or 3 ? default : ids[i], read[i]);
    }

    [Fact]
    public void In_bulk_and_one_by_one_give_the_same_codes()
    {
        var ids = Enumerable.Range(0, 50).Select(i => IdCode.Create(IdCodeKind.Resident, (ulong)i * 199_999_999, (byte)i)).ToArray();
        var codes = new LinkCode[ids.Length];
        _cipher.EncodeAll(ids, Yokohama, 8, codes);
        Assert.Equal(ids.Select(id => _cipher.Encode(id, Yokohama, 8)), codes);
    }

    [Fact]
    public void Nothing_at_all_is_converted_to_nothing()
    {
        _cipher.EncodeAll([], Setagaya, 7, []);
        Assert.Equal(0, _cipher.DecodeAll([], Setagaya, [7], []));
    }

    [Fact]
    public void Mistakes_of_the_caller_are_faults_not_refusals()
    {
        Assert.Throws<ArgumentException>(() => _cipher.Encode(default, Setagaya, 7));
        Assert.Throws<ArgumentException>(() => _cipher.Encode(Someone, default, 7));
        Assert.Throws<ArgumentException>(() => _cipher.TryDecode(default, default, [0, 7], out _));
        Assert.Throws<ArgumentException>(() => _cipher.DecodeAll(new LinkCode[2], Setagaya, [7], new IdCode[1]));
        Assert.Throws<ArgumentException>(() => _cipher.EncodeAll(new IdCode[1], Setagaya, 7, new LinkCode[2]));
    }

    public void Dispose() => _masters.Dispose();
}
