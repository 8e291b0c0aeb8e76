using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace InfoLink.Tests.Fuzzing;

/// <summary>Changes to a JSON text that leave it JSON, nearly always: members gone, twice, renamed, of another type, deep, huge.</summary>
internal static class JsonEdits
{
    private const int LongestSource = 64 * 1024;
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] Texts =
    [
        "\"\"", "\" \"", "\"0\"", "\"-1\"", "\"007\"", "\"1e5\"", "\"99999999999999999999\"", "\"9223372036854775807\"", "\"-9223372036854775808\"", "\"2147483648\"",
        "\"NaN\"", "\"true\"", "\"null\"", "\"2026-02-30\"", "\"0001-01-01\"", "\"9999-12-31\"", "\"9999-12-31T23:59:59Z\"", "\"2000-01-01T00:00:00Z\"", "\"\\u0000\"",
        "\"\\ud800\"", "\"\\udc00x\"", "\"\\u202e\"", "\"(((((\"", "\"a{1000}{1000}\"", "\"(a|b)*c{900}\"", "\"[\\\\u0000-\\\\uffff]{500}\"", "\"https://x:99999/\"", "\"https://[::1]:1\"", "\"pkcs11:\"",
        "\"pkcs11:object=%\"", "\"/\\u0000\"", "\"[::]:70000\"", "\"..\"", "\"１２\"", "\"🯁\"", "\"AAAA\"", "\"AAAB\"", "\"=\"", "\"a+b+c\"",
    ];

    private static readonly string[] Others = ["null", "true", "0", "-0", "1.5", "1e400", "-1", "99999999999999999999", "9223372036854775807", "2147483648", "{}", "[]", "[[]]", "[null]", "{\"\":null}"];

    /// <summary>Null where the bytes are not JSON, or too long to be taken apart each time.</summary>
    public static byte[]? Once(byte[] bytes, bool canonical, Chance chance)
    {
        if (bytes.Length > LongestSource || TryRead(bytes) is not { } root)
        {
            return null;
        }

        // A place is a container and a number in it; the root stands in a container of its own.
        var top = new Node { Items = [new Item(null, root)], IsObject = false };
        var places = new List<(Node In, int At)>();
        Collect(top, places);
        var (holder, at) = chance.Of(places);
        Edit(holder, at, places, canonical, chance);
        if (top.Items.Count == 0)
        {
            return [];
        }

        var text = new StringBuilder();
        Write(top.Items[0].Value, canonical && !chance.OneIn(10), text);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Edit(Node holder, int at, List<(Node In, int At)> places, bool canonical, Chance chance)
    {
        var item = holder.Items![at];
        switch (chance.Below(12))
        {
            case 0:
                holder.Items.RemoveAt(at);
                break;
            case 1:
                holder.Items.Insert(chance.Below(holder.Items.Count + 1), item);
                break;
            case 2 when item.Name is not null:
                holder.Items[at] = item with { Name = NewName(places, chance) };
                break;
            case 3:
                holder.Items[at] = item with { Value = Odd(canonical, chance) };
                break;
            case 4:
                var (other, there) = chance.Of(places);
                holder.Items[at] = item with { Value = Copy(other.Items![there].Value) };
                break;
            case 5:
                holder.Items[at] = item with { Value = new Node { IsObject = false, Items = [new Item(null, item.Value)] } };
                break;
            case 6:
                holder.Items[at] = item with { Value = new Node { IsObject = true, Items = [new Item(NewName(places, chance), item.Value)] } };
                break;
            case 7 when chance.OneIn(3):
                holder.Items[at] = item with { Value = Deep(item.Value, chance.Of([7, 9, 17, 25, 65, 1500]), chance) };
                break;
            case 8 when chance.OneIn(3):
                holder.Items.InsertRange(at, Enumerable.Repeat(item, chance.Of([3, 33, 101, 1001, 2500])));
                break;
            case 9:
                holder.Items.Add(new Item(holder.IsObject ? NewName(places, chance) : null, Odd(canonical, chance)));
                break;
            case 10:
                holder.Items.Reverse();
                break;
            default:
                holder.Items[at] = item with { Value = item.Value.Raw is { Length: > 1 } raw && raw[0] == '"' ? Bent(raw, chance) : Odd(canonical, chance) };
                break;
        }
    }

    /// <summary>A text with one character changed, gone, twice, or repeated.</summary>
    private static Node Bent(string raw, Chance chance)
    {
        var inner = raw[1..^1];
        var at = chance.Below(inner.Length);
        var end = Math.Min(inner.Length, at + 1);
        var bent = chance.Below(6) switch
        {
            0 => inner[..at] + inner[end..],
            1 => inner[..end] + inner[at..],
            2 => inner[..at] + (char)(' ' + chance.Below(95)) + inner[end..],
            3 => inner[..at] + chance.Of(["\\u0000", "\\ud83d", "é", "一", "\\n", " ", "-", "0", "9", "Z", "."]) + inner[end..],
            4 => inner + string.Concat(Enumerable.Repeat(inner.Length == 0 ? "x" : inner, chance.Length(300))),
            _ => inner[end..] + inner[..at],
        };
        return new Node { Raw = $"\"{bent}\"" };
    }

    private static Node Odd(bool canonical, Chance chance) => new()
    {
        Raw = chance.OneIn(20) ? $"\"{new string('x', chance.Of([65, 256, 4000, 4001, 40_000]))}\""
            : canonical && !chance.OneIn(12) ? chance.Of(Texts)
            : chance.OneIn(2) ? chance.Of(Texts)
            : chance.Of(Others),
    };

    private static string NewName(List<(Node In, int At)> places, Chance chance)
    {
        var (holder, at) = chance.Of(places);
        return chance.OneIn(2) && holder.Items![at].Name is { } taken ? taken : chance.Of(Texts);
    }

    private static Node Deep(Node value, int levels, Chance chance)
    {
        for (var level = 0; level < levels; level++)
        {
            value = chance.OneIn(4) ? new Node { IsObject = true, Items = [new Item("\"x\"", value)] } : new Node { IsObject = false, Items = [new Item(null, value)] };
        }

        return value;
    }

    private static Node Copy(Node node) => node.Items is null
        ? node
        : new Node { IsObject = node.IsObject, Items = [.. node.Items.Select(item => item with { Value = Copy(item.Value) })] };

    private static void Collect(Node node, List<(Node In, int At)> places)
    {
        for (var at = 0; at < (node.Items?.Count ?? 0); at++)
        {
            places.Add((node, at));
            Collect(node.Items![at].Value, places);
        }
    }

    private static Node? TryRead(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 100, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            return Of(document.RootElement);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static Node Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => new Node { IsObject = true, Items = [.. element.EnumerateObject().Select(member => new Item(JsonSerializer.Serialize(member.Name, Plain), Of(member.Value)))] },
        JsonValueKind.Array => new Node { IsObject = false, Items = [.. element.EnumerateArray().Select(member => new Item(null, Of(member)))] },
        _ => new Node { Raw = element.GetRawText() },
    };

    private static void Write(Node node, bool sorted, StringBuilder text)
    {
        if (node.Items is null)
        {
            text.Append(node.Raw);
            return;
        }

        text.Append(node.IsObject ? '{' : '[');
        var first = true;
        foreach (var item in node.IsObject && sorted ? node.Items.OrderBy(item => item.Name, StringComparer.Ordinal) : node.Items.AsEnumerable())
        {
            text.Append(first ? "" : ",");
            first = false;
            if (node.IsObject)
            {
                text.Append(item.Name ?? "\"\"").Append(':');
            }

            Write(item.Value, sorted, text);
        }

        text.Append(node.IsObject ? '}' : ']');
    }

    private sealed record Item(string? Name, Node Value);

    private sealed class Node
    {
        /// <summary>Null in what holds others.</summary>
        public string? Raw { get; init; }

        public bool IsObject { get; init; }

        public List<Item>? Items { get; init; }
    }
}
