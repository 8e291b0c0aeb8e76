using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace InfoLink.Authoring;

/// <summary>
/// Canonical JSON (RFC 8785) of objects, arrays and strings: what the authority signs. Every value is text, as people wrote it, so that no number format
/// stands between author, signature and reader (decision 33).
/// </summary>
internal static class CanonicalJson
{
    private const int MaxDepth = 24;
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private const int MaxNodes = 2_000_000;

    /// <summary>UTF-8: members by UTF-16 code units, no blanks, the shortest escapes.</summary>
    /// <exception cref="EncoderFallbackException">Half a surrogate pair stands in a text: RFC 8785 §3.2.2.2 has no form for it.</exception>
    public static byte[] Write(DocumentNode node) => StrictUtf8.GetBytes(Text(node));

    /// <summary>As <see cref="Write(DocumentNode)"/>, as text.</summary>
    public static string Text(DocumentNode node)
    {
        var text = new StringBuilder();
        Write(node, text);
        return text.ToString();
    }

    /// <summary>Null, with the error on the sheet, where the bytes are not canonical JSON of objects, arrays and strings.</summary>
    public static DocumentNode? Read(ReadOnlySpan<byte> bytes, ErrorSheet errors)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = MaxDepth });
            var nodes = 0;
            reader.Read();
            var root = Node(ref reader, ref nodes);
            if (!reader.Read() && bytes.SequenceEqual(Write(root)))
            {
                return root;
            }

            errors.Add(0, "", "Not canonical JSON (RFC 8785): what is signed must have one form. Build it again from its source.");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            errors.Add(0, "", "Not JSON of objects, arrays and strings, each member once. Take the file again from whoever made it.");
        }

        return null;
    }

    private static DocumentNode Node(ref Utf8JsonReader reader, ref int nodes)
    {
        if (++nodes > MaxNodes)
        {
            throw new JsonException();
        }

        return reader.TokenType switch
        {
            JsonTokenType.String => new DocumentNode.Scalar(0, reader.GetString()!),
            JsonTokenType.StartArray => Sequence(ref reader, ref nodes),
            JsonTokenType.StartObject => Mapping(ref reader, ref nodes),
            _ => throw new JsonException(),
        };
    }

    private static DocumentNode.Sequence Sequence(ref Utf8JsonReader reader, ref int nodes)
    {
        var members = ImmutableArray.CreateBuilder<DocumentNode>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            members.Add(Node(ref reader, ref nodes));
        }

        return new DocumentNode.Sequence(0, members.ToImmutable());
    }

    private static DocumentNode.Mapping Mapping(ref Utf8JsonReader reader, ref int nodes)
    {
        var fields = ImmutableArray.CreateBuilder<DocumentField>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = reader.GetString()!;
            if (!seen.Add(key) || !reader.Read())
            {
                throw new JsonException();
            }

            fields.Add(new DocumentField(key, 0, Node(ref reader, ref nodes)));
        }

        return new DocumentNode.Mapping(0, fields.ToImmutable());
    }

    private static void Write(DocumentNode node, StringBuilder text)
    {
        switch (node)
        {
            case DocumentNode.Scalar scalar:
                Quote(scalar.Text, text);
                break;
            case DocumentNode.Sequence sequence:
                text.Append('[');
                for (var i = 0; i < sequence.Nodes.Length; i++)
                {
                    text.Append(i == 0 ? "" : ",");
                    Write(sequence.Nodes[i], text);
                }

                text.Append(']');
                break;
            case DocumentNode.Mapping mapping:
                text.Append('{');
                var first = true;
                foreach (var field in mapping.Fields.OrderBy(field => field.Key, StringComparer.Ordinal))
                {
                    text.Append(first ? "" : ",");
                    first = false;
                    Quote(field.Key, text);
                    text.Append(':');
                    Write(field.Value, text);
                }

                text.Append('}');
                break;
            default:
                throw new InvalidOperationException("A node is text, a list or a mapping.");
        }
    }

    /// <summary>RFC 8785 §3.2.2.2: two-character escapes where JSON has them, <c>\u00xx</c> in lower case for other controls, everything else as it is.</summary>
    private static void Quote(string value, StringBuilder text)
    {
        text.Append('"');
        foreach (var character in value)
        {
            _ = character switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' => text.Append("\\u").Append(((int)character).ToString("x4", System.Globalization.CultureInfo.InvariantCulture)),
                _ => text.Append(character),
            };
        }

        text.Append('"');
    }
}
