using System.Text;
using InfoLink.Agent;
using InfoLink.Agent.Sources.Replicas;
using Xunit;

namespace InfoLink.Tests.Sources.Replicas;

/// <summary>What existing systems export, read as it is or told where it is not.</summary>
public sealed class DeliveryFileTests
{
    private static readonly ReplicaOptions ThreeColumns = new()
    {
        Format = "fixed",
        Encoding = "shift_jis",
        Key = "id",
        Columns = [new() { Name = "id", Width = 5 }, new() { Width = 2 }, new() { Name = "name", Width = 8 }],
    };

    [Theory]
    [InlineData("utf-8", false)]
    [InlineData("utf-8", true)]
    [InlineData("shift_jis", false)]
    public void A_file_is_read_in_its_encoding_with_a_mark_or_without(string encoding, bool mark)
    {
        const string Text = "id,名前,\"a,\"\"b\"\"\"\r\nS-1,髙橋 ﾊﾅｺ,\r\n\"S-2\",\"～①\",x\n";
        var bytes = encoding is "shift_jis" ? ReplicaWorld.ShiftJis(Text) : new UTF8Encoding().GetBytes((mark ? "\uFEFF" : "") + Text);
        Assert.Equal(["id|名前|a,\"b\"", "2: S-1|髙橋 ﾊﾅｺ|", "3: S-2|～①|x"], Read(bytes, new ReplicaOptions { Encoding = encoding }));
    }

    [Theory]
    [InlineData("id,n\n1,あ\n2,い\n3,う", "2: bytes that are not of the encoding 'utf-8', from byte 3 on.|3: bytes that are not of the encoding 'utf-8', from byte 3 on.|4: bytes that are not of the encoding 'utf-8', from byte 3 on.")]
    [InlineData("id,n\n\"1,a\n2,b\n", "2: A quote is not closed.|3: 2|b")]
    [InlineData("id,n\n1,a\"b\n2,b\n", "2: A quote in the middle of a field. Put quotes around the field and double those within.|3: 2|b")]
    [InlineData("id,n\n1,\"a\"b\n2,b\n", "2: Something follows a closing quote.|3: 2|b")]
    [InlineData("id,n\n\n2,b\n\n\r\n\u001A", "2: nothing stands there.|3: 2|b")]
    public void A_slip_costs_its_own_line_and_is_told_by_its_number(string text, string read)
    {
        var bytes = ReplicaWorld.ShiftJis(text); // Which for ASCII is UTF-8 too.
        Assert.Equal(read, string.Join('|', Read(bytes, new ReplicaOptions()).Skip(1)));
    }

    [Fact]
    public void A_mark_that_says_another_encoding_is_told()
    {
        Assert.Contains("UTF-16", Fault([0xFF, 0xFE, .. Encoding.Unicode.GetBytes("id,n\n")], new ReplicaOptions()), StringComparison.Ordinal);
        Assert.Contains("the mark of UTF-8", Fault(new UTF8Encoding().GetBytes("\uFEFFid,n\n"), new ReplicaOptions { Encoding = "shift_jis" }), StringComparison.Ordinal);
        Assert.Contains("empty", Fault([], new ReplicaOptions()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_without_end_takes_no_memory_and_costs_itself_alone()
    {
        byte[] bytes = [.. "id,n\n"u8, .. Enumerable.Repeat((byte)'x', 3_000_000), .. "\n2,b\n"u8];
        Assert.Equal(["id|n", "2: more than 64 KiB.", "3: 2|b"], Read(bytes, new ReplicaOptions()));
        Assert.Equal(["id|n", "2: more than 64 KiB."], Read(bytes[..^5], new ReplicaOptions()));
    }

    [Fact]
    public void Fixed_width_is_of_bytes()
    {
        var bytes = ReplicaWorld.ShiftJis("S-1  xx山田太郎\r\nS-22 yyﾔﾏﾀﾞ    \r\nS-3  xx山田太\r\nS-4  xxｱ山田太\u30A2".Replace("\u30A2", "", StringComparison.Ordinal) + "\r\n");
        Assert.Equal(["id||name", "1: S-1  ||山田太郎", "2: S-22 ||ﾔﾏﾀﾞ    ", "3: 13 bytes, and the columns have 15.", "4: 14 bytes, and the columns have 15."], Read(bytes, ThreeColumns));

        // Half a character at a column's end is no other character.
        byte[] half = [.. ReplicaWorld.ShiftJis("S-5  xxｱ山田太"), 0x89];
        Assert.Equal("1: column 'name' (bytes 8 to 15): bytes that are not of the encoding 'shift_jis', or half a character.", Read(half, ThreeColumns)[1]);
    }

    [Fact]
    public void A_file_has_the_digest_that_other_tools_give_it()
    {
        var bytes = Encoding.ASCII.GetBytes("id,n\n" + string.Concat(Enumerable.Range(0, 50_000).Select(i => $"{i},{i}\n")));
        using var file = new DeliveryFile(new MemoryStream(bytes), new ReplicaOptions());
        file.Heading();
        var records = 0;
        while (file.Next(out _, out _))
        {
            records++;
        }

        Assert.Equal((50_000, 50_001), (records, file.Line));
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(bytes), file.Digest());
    }

    private static string Fault(byte[] bytes, ReplicaOptions options) => Assert.Throws<FormatException>(() => Read(bytes, options)).Message;

    private static List<string> Read(byte[] bytes, ReplicaOptions options)
    {
        using var file = new DeliveryFile(new MemoryStream(bytes), options);
        List<string> read = [string.Join('|', file.Heading())];
        while (file.Next(out var fields, out var fault))
        {
            read.Add($"{file.Line}: {fault ?? string.Join('|', fields!)}");
        }

        return read;
    }
}
