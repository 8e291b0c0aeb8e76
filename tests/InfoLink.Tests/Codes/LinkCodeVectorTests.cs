using System.Text.Json;
using InfoLink.Broker.Codes;
using InfoLink.CodeAuthority.Derivation;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using Xunit;

namespace InfoLink.Tests.Codes;

/// <summary>From the resident record code to both agencies' link codes, as an independent implementation has it.</summary>
public sealed class LinkCodeVectorTests : IDisposable
{
    private const string File = "link_code_vectors.json";
    private static readonly JsonElement Vectors = VectorFile.Read(File);
    private static readonly byte[] BothEpochs = [7, 8];

    private readonly IdCodeDerivation _authority = new(Vectors.Hex("codeAuthorityKey"));
    private readonly CodeMasters _masters = new();
    private readonly LinkCodeCipher _cipher;

    public LinkCodeVectorTests()
    {
        foreach (var master in Vectors.GetProperty("masters").EnumerateObject())
            _masters.Add(byte.Parse(master.Name), Convert.FromHexString(master.Value.GetString()!));
        _cipher = new LinkCodeCipher(_masters);
    }

    public static TheoryData<int> Valid => VectorFile.Rows(File, "valid");

    public static TheoryData<int> Refused => VectorFile.Rows(File, "refused");

    [Theory]
    [MemberData(nameof(Valid))]
    public void A_resident_record_code_becomes_the_ID_code(int row)
    {
        var vector = Vectors.GetProperty("valid")[row];
        var id = _authority.Derive(
            ResidentRecordCode.Parse(vector.Text("residentRecordCode")),
            Enum.Parse<IdCodeKind>(vector.Text("kind"), ignoreCase: true),
            (byte)vector.Int("generation"));
        Assert.Equal(vector.Text("idCode"), Hex(id));
        Assert.Equal(IdCode.Create(id.Kind, ulong.Parse(vector.Text("serial")), id.Generation), id);
    }

    [Theory]
    [MemberData(nameof(Valid))]
    public void An_agencys_code_is_read_and_converted_into_the_other_agencys(int row)
    {
        var vector = Vectors.GetProperty("valid")[row];
        var from = LinkCode.FromBytes(vector.Hex("linkCodeFrom"));
        Assert.True(_cipher.TryDecode(from, AgencyId.Parse(vector.Text("from")), BothEpochs, out var id));
        Assert.Equal(vector.Text("idCode"), Hex(id));

        var epoch = (byte)vector.Int("epoch");
        Assert.Equal(from, _cipher.Encode(id, AgencyId.Parse(vector.Text("from")), epoch));
        Assert.Equal(LinkCode.FromBytes(vector.Hex("linkCodeTo")), _cipher.Encode(id, AgencyId.Parse(vector.Text("to")), epoch));
    }

    [Theory]
    [MemberData(nameof(Valid))]
    public void Text_forms_agree(int row)
    {
        var vector = Vectors.GetProperty("valid")[row];
        foreach (var (text, bytes) in new[] { ("textFrom", "linkCodeFrom"), ("textTo", "linkCodeTo") })
        {
            Assert.True(LinkCode.TryParse(vector.Text(text), out var code));
            Assert.Equal(LinkCode.FromBytes(vector.Hex(bytes)), code);
            Assert.Equal(vector.Text(text), code.Reveal());
        }
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_is_to_be_refused_is_refused(int row)
    {
        var vector = Vectors.GetProperty("refused")[row];
        var read = LinkCode.TryFromBytes(vector.Hex("linkCode"), out var code)
            && _cipher.TryDecode(code, AgencyId.Parse(vector.Text("agency")), BothEpochs, out _);
        Assert.False(read, vector.Text("why"));
    }

    [Fact]
    public void There_are_forty_codes_to_read_and_ten_to_refuse()
    {
        Assert.Equal(40, Vectors.GetProperty("valid").GetArrayLength());
        Assert.Equal(10, Vectors.GetProperty("refused").GetArrayLength());
    }

    public void Dispose()
    {
        _authority.Dispose();
        _masters.Dispose();
    }

    private static string Hex(IdCode id)
    {
        var bytes = new byte[IdCode.ByteLength];
        id.CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
