using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Dapper;
using Google.Protobuf;
using InfoLink.Contracts.Identifiers;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Canary;

/// <summary>A scan that finds nothing must be one that would have found it: what others wrote is planted among noise, whole and cut off.</summary>
public sealed class MarkScannerTests
{
    private const string Name = "ヌエノカナリヤウグイスモズ";
    private const string Number = "948271635504";
    private static readonly DateOnly Day = new(1783, 10, 4);
    private static readonly byte[] CodeBytes = Convert.FromHexString("07d1e8bafc4422119f0a5c3e77b2906d18");
    private static readonly LinkCode Code = new(CodeBytes[0], CodeBytes.AsSpan(1));
    private static readonly Mark[] Marks =
    [
        new(Column.BasicAttributes, "she", "name", MarkForms.Text(Name)),
        new(Column.Number, "she", "number", MarkForms.Digits(Number)),
        new(Column.Value, "she", "day", MarkForms.Date(Day)),
        new(Column.RequesterCode, "she", "code", MarkForms.Code(CodeBytes, halves: true)),
    ];

    private static readonly MarkScanner Scanner = new(Marks);

    public static TheoryData<string, string, byte[]> Written()
    {
        var data = new TheoryData<string, string, byte[]>();
        void Add(string mark, string how, byte[] bytes) => data.Add(mark, how, bytes);
        void AddText(string mark, string how, string text)
        {
            Add(mark, how, Encoding.UTF8.GetBytes(text));
            Add(mark, how + ", as a string in memory", Encoding.Unicode.GetBytes(text));
        }

        var utf8 = Encoding.UTF8.GetBytes(Name);
        AddText("name", "as it is", Name);
        AddText("name", "JSON", JsonSerializer.Serialize(new { name = Name }));
        AddText("name", "a query", $"?name={Uri.EscapeDataString(Name)}");
        AddText("name", "a query, lower", $"?name={WebUtility.UrlEncode(Name).ToLowerInvariant()}");
        AddText("name", "XML in ASCII", Encoding.ASCII.GetString(Xml()));
        Add("name", "UTF-16BE", Encoding.BigEndianUnicode.GetBytes(Name));
        foreach (var charset in (string[])["SHIFT_JIS", "EUC-JP", "ISO-2022-JP"])
        {
            Add("name", charset, Converted(charset));
        }

        foreach (var (mark, bytes) in ((string, byte[])[])[("name", utf8), ("number", Encoding.ASCII.GetBytes(Number)), ("code", CodeBytes)])
        {
            AddText(mark, "hex", Convert.ToHexStringLower(bytes));
            AddText(mark, "HEX", Convert.ToHexString(bytes));
            AddText(mark, "with hyphens", BitConverter.ToString(bytes));
            AddText(mark, "a JSON array", JsonSerializer.Serialize(bytes.Select(octet => (int)octet)));
            for (var before = 0; before < 3; before++)
            {
                AddText(mark, $"base64 after {before}", Convert.ToBase64String([.. new byte[before], .. bytes, 1, 2, 3]));
                AddText(mark, $"base64url after {before}", System.Buffers.Text.Base64Url.EncodeToString([.. new byte[before], .. bytes, 9]));
            }
        }

        AddText("name", "base64 of UTF-16", Convert.ToBase64String(Encoding.Unicode.GetBytes("x" + Name)));
        AddText("number", "alone", $"number={Number};");
        AddText("number", "among letters", $"a{Number}b");
        AddText("number", "as people write it", string.Create(CultureInfo.InvariantCulture, $"{Number[..4]}-{Number[4..8]}-{Number[8..]}"));
        AddText("number", "with blanks", $"{Number[..4]} {Number[4..8]} {Number[8..]}");
        AddText("number", "an amount", string.Create(CultureInfo.InvariantCulture, $"{long.Parse(Number):N0}"));
        AddText("number", "full width", string.Concat(Number.Select(digit => (char)('０' + digit - '0'))));
        AddText("number", "backwards", string.Concat(Number.Reverse()));
        AddText("number", "cut off", $"number={Number[..8]}…");
        AddText("number", "cut off later", $"number={Number[..10]} ");
        Add("number", "BCD", [.. Enumerable.Range(0, 6).Select(i => (byte)(((Number[2 * i] - '0') << 4) | (Number[(2 * i) + 1] - '0')))]);
        Add("number", "Int64", BitConverter.GetBytes(long.Parse(Number)));
        Add("number", "double", BitConverter.GetBytes(double.Parse(Number)));
        Add("number", "SQLite INTEGER", InDatabase("CREATE TABLE t(v INTEGER)", long.Parse(Number)));
        Add("number", "SQLite REAL", InDatabase("CREATE TABLE t(v REAL)", double.Parse(Number) + 0.0));
        Add("number", "SQLite TEXT", InDatabase("CREATE TABLE t(v TEXT)", Number));
        Add("name", "SQLite TEXT", InDatabase("CREATE TABLE t(v TEXT)", Name));
        Add("name", "SQLite TEXT in UTF-16", InDatabase("PRAGMA encoding='UTF-16le'; CREATE TABLE t(v TEXT)", Name));
        Add("code", "SQLite BLOB", InDatabase("CREATE TABLE t(v BLOB)", CodeBytes));
        Add("code", "a message", new AuthorizeRequest { Entry = "e", LinkCodes = { ByteString.CopyFrom(CodeBytes) } }.ToByteArray());
        AddText("code", "a message's text", new AuthorizeRequest { LinkCodes = { ByteString.CopyFrom(CodeBytes) } }.ToString());
        AddText("code", "Crockford", Crockford.Encode(CodeBytes));
        AddText("code", "Crockford, lower", Crockford.Encode(CodeBytes).ToLowerInvariant());
        Add("code", "backwards", [.. CodeBytes.Reverse()]);
        Add("code", "half", CodeBytes[..9]);
        AddText("code", "half in hex", Convert.ToHexStringLower(CodeBytes)[..17] + "zz");
        AddText("name", "half", Name[..7] + "x");
        AddText("day", "a date", JsonSerializer.Serialize(Day));
        AddText("day", "with slashes", $"born {Day.Year}/{Day.Month:00}/{Day.Day:00}.");
        AddText("day", "digits", $"born={Day:yyyyMMdd} ");
        AddText("day", "Japanese", $"{Day.Year}年{Day.Month}月{Day.Day}日");
        return data;

        static byte[] Xml()
        {
            using var stream = new MemoryStream();
            using (var writer = System.Xml.XmlWriter.Create(stream, new System.Xml.XmlWriterSettings { Encoding = Encoding.ASCII }))
            {
                new XElement("name", Name).WriteTo(writer);
            }

            return stream.ToArray();
        }

        static byte[] Converted(string charset)
        {
            using var iconv = Process.Start(new ProcessStartInfo("iconv", ["-f", "UTF-8", "-t", charset]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true })!;
            iconv.StandardInput.BaseStream.Write(Encoding.UTF8.GetBytes(Name));
            iconv.StandardInput.Close();
            using var converted = new MemoryStream();
            iconv.StandardOutput.BaseStream.CopyTo(converted);
            return converted.ToArray();
        }

        static byte[] InDatabase(string schema, object value)
        {
            var file = Path.GetTempFileName();
            using (var database = new SqliteConnection($"Data Source={file};Pooling=false"))
            {
                database.Execute(schema);
                database.Execute("INSERT INTO t VALUES (@value)", new { value });
            }

            var bytes = File.ReadAllBytes(file);
            File.Delete(file);
            return bytes;
        }
    }

    [Theory]
    [MemberData(nameof(Written), DisableDiscoveryEnumeration = true)]
    public void What_is_written_in_any_form_is_found_and_nothing_else(string mark, string how, byte[] bytes)
    {
        byte[] place = [.. RandomNumberGenerator.GetBytes(4097), 0, 0, .. bytes, 0, 0, .. RandomNumberGenerator.GetBytes(4099)];

        var found = Scanner.FoundIn(place);

        Assert.True(found.Any(sighting => string.Equals(sighting.Mark.What, mark, StringComparison.Ordinal)), $"{mark}, {how}: not found");
        Assert.DoesNotContain(found, sighting => !string.Equals(sighting.Mark.What, mark, StringComparison.Ordinal));
    }

    [Fact]
    public void Where_one_piece_of_a_stream_ends_and_the_next_begins_it_is_found_too()
    {
        var place = new byte[9 * 1024 * 1024];
        const int Piece = 1 << 22;
        foreach (var at in (int[])[0, Piece - 20, Piece - 1, Piece, Piece + 100, (2 * Piece) - 7, place.Length - 40])
        {
            Array.Clear(place);
            Encoding.UTF8.GetBytes(Name).CopyTo(place, at);
            using var stream = new MemoryStream(place);
            Assert.Contains(Scanner.FoundIn(stream), sighting => sighting.Whole && sighting.Offset == at);
        }
    }

    [Fact]
    public void Noise_and_what_only_looks_like_a_part_are_not_found()
    {
        Assert.Empty(Scanner.FoundIn(RandomNumberGenerator.GetBytes(16 * 1024 * 1024)));
        Assert.Empty(Scanner.FoundIn(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8 * 1024 * 1024)))));
        Assert.Empty(Scanner.FoundIn(Encoding.ASCII.GetBytes($"ab{Number[..9]}cd"))); // Digits of a hash.
        Assert.Empty(Scanner.FoundIn(Encoding.UTF8.GetBytes(Name[..4])));
    }

    [Fact]
    public void What_is_compressed_is_looked_into()
    {
        var text = Encoding.UTF8.GetBytes($"{{\"name\":\"{Name}\",\"and\":\"{Convert.ToBase64String(RandomNumberGenerator.GetBytes(300))}\"}}");
        var packed = new Dictionary<string, byte[]>(StringComparer.Ordinal)
        {
            ["gzip"] = Packed(stream => new GZipStream(stream, CompressionLevel.Optimal)),
            ["gzip in the middle"] = [.. RandomNumberGenerator.GetBytes(1000), .. Packed(stream => new GZipStream(stream, CompressionLevel.Fastest)), 1, 2, 3],
            ["zlib"] = Packed(stream => new ZLibStream(stream, CompressionLevel.Optimal)),
            ["Brotli"] = Packed(stream => new BrotliStream(stream, CompressionLevel.Optimal)),
            ["Deflate"] = Packed(stream => new DeflateStream(stream, CompressionLevel.Optimal)),
        };

        Assert.All(packed, pair => Assert.Contains(Place.Of(pair.Key, pair.Value).Inside(), inside => Scanner.FoundIn(inside.Open()).Count > 0));
        Assert.Throws<InvalidOperationException>(() => Place.Of("zstd", [0x28, 0xB5, 0x2F, 0xFD, 0, 0]).Inside().ToList());

        byte[] Packed(Func<Stream, Stream> pack)
        {
            using var stream = new MemoryStream();
            using (var packer = pack(stream))
            {
                packer.Write(text);
            }

            return stream.ToArray();
        }
    }

    [Fact]
    public void A_table_whose_rule_is_broken_or_whose_place_is_not_the_one_meant_says_so()
    {
        var table = new PrivacyTable(Marks);
        table.Look(Row.Of("a", "clean", [Place.Of("p", "nothing, but READY")]) with { Controls = ["READY"u8.ToArray()] });
        table.Look(Row.Of("b", "may", [Place.Of("p", Name)], (Column.BasicAttributes, Rule.Told)));
        Assert.Empty(table.Wrong);

        table.Look(Row.Of("c", "leak", [Place.Of("p", Name)]));
        Assert.Contains("she's name", Assert.Single(table.Wrong), StringComparison.Ordinal);
        table.Look(Row.Of("d", "must", [Place.Of("p", "nothing")], (Column.Value, Rule.Must)));
        table.Look(Row.Of("e", "control", [Place.Of("p", "nothing")]) with { Controls = ["READY"u8.ToArray()] });
        table.Look(Row.Of("f", "empty", []));
        Assert.Equal(4, table.Wrong.Count);
        Assert.NotNull(Record.Exception(table.AssertHolds));
        Assert.NotEqual(default, Code);
    }
}
