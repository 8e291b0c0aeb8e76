using System.Buffers.Binary;

namespace InfoLink.Tests.Fuzzing;

/// <summary>Changes to a protobuf message that leave the rest of it a message: fields gone, twice, of another number or type, of a length that is a lie.</summary>
internal static class ProtoEdits
{
    private const int LengthDelimited = 2;
    private const int FrameHeader = 5;
    private const int Deepest = 6;

    /// <summary>Null where the bytes are not a message.</summary>
    public static byte[]? Once(byte[] message, Chance chance, int depth)
    {
        if (TryRead(message) is not { Count: > 0 } fields)
        {
            return null;
        }

        var at = chance.Below(fields.Count);
        var field = fields[at];
        if (field.Type == LengthDelimited && depth < Deepest && !chance.OneIn(3) && Once(field.Content, chance, depth + 1) is { } inner)
        {
            fields[at] = field with { Content = inner };
            return Write(fields);
        }

        switch (chance.Below(11))
        {
            case 0:
                fields.RemoveAt(at);
                break;
            case 1:
                fields.Insert(chance.Below(fields.Count + 1), field);
                break;
            case 2:
                fields.RemoveAt(at);
                fields.Insert(chance.Below(fields.Count + 1), field);
                break;
            case 3:
                fields[at] = field with { Number = 1 + chance.Below(chance.OneIn(4) ? 1 << 29 : 26) };
                break;
            case 4:
                fields[at] = field with { Type = chance.Below(8) };
                break;
            case 5:
                fields[at] = field with { Type = 0, Content = Varint(ByteEdits.Integer(chance)) };
                break;
            case 6:
                fields[at] = field with { Content = field.Type == LengthDelimited ? [] : field.Content };
                break;
            case 7 when field.Type == LengthDelimited:
                fields[at] = field with { Content = ByteEdits.Once(field.Content, [field.Content], chance) };
                break;
            case 8 when field.Type == LengthDelimited:
                fields[at] = field with { Claimed = ByteEdits.Integer(chance) };
                break;
            case 9 when chance.OneIn(3):
                fields.InsertRange(at, Enumerable.Repeat(field, Math.Clamp(chance.Of([3, 64, 65, 1000, 1001, 5000]), 1, 1 + (96 * 1024 / Math.Max(1, field.Content.Length)))));
                break;
            case 10 when chance.OneIn(3):
                fields[at] = field with { Type = LengthDelimited, Content = Nested(field, chance.Of([20, 99, 101, 2000])) };
                break;
            default:
                fields[at] = field with { Content = Stretched(field, chance) };
                break;
        }

        return Write(fields);
    }

    /// <summary>One message among frames changed; null where there are no frames.</summary>
    public static byte[]? InFrames(byte[] bytes, Chance chance)
    {
        var frames = new List<byte[]>();
        for (var rest = bytes.AsSpan(); !rest.IsEmpty;)
        {
            if (rest.Length < FrameHeader || BinaryPrimitives.ReadUInt32BigEndian(rest[1..]) is var length && length > rest.Length - FrameHeader)
            {
                return null;
            }

            frames.Add(rest[FrameHeader..(FrameHeader + (int)length)].ToArray());
            rest = rest[(FrameHeader + (int)length)..];
        }

        if (frames.Count == 0)
        {
            return null;
        }

        var at = chance.Below(frames.Count);
        switch (chance.Below(6))
        {
            case 0:
                frames.RemoveAt(at);
                break;
            case 1:
                frames.Insert(chance.Below(frames.Count + 1), frames[at]);
                break;
            default:
                frames[at] = Once(frames[at], chance, depth: 0) ?? frames[at];
                break;
        }

        return [.. frames.SelectMany(Frame)];
    }

    public static byte[] Frame(byte[] message)
    {
        var frame = new byte[FrameHeader + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, FrameHeader);
        return frame;
    }

    public static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }

    private static byte[] Nested(Field field, int levels)
    {
        var content = field.Content;
        for (var level = 0; level < levels && content.Length < 64 * 1024; level++)
        {
            content = Write([field with { Type = LengthDelimited, Content = content }]);
        }

        return content;
    }

    private static byte[] Stretched(Field field, Chance chance) =>
        field.Type == LengthDelimited ? [.. field.Content, .. chance.Bytes(chance.Length(300))] : Varint(chance.Next());

    private static List<Field>? TryRead(byte[] message)
    {
        var fields = new List<Field>();
        var at = 0;
        while (at < message.Length)
        {
            if (TryVarint(message, ref at) is not { } tag || tag >> 3 is 0 or > int.MaxValue)
            {
                return null;
            }

            var from = at;
            switch (tag & 7)
            {
                case 0 when TryVarint(message, ref at) is not null:
                    break;
                case 1:
                    at += 8;
                    break;
                case LengthDelimited when TryVarint(message, ref at) is { } length && length <= (ulong)(message.Length - at):
                    from = at;
                    at += (int)length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    return null;
            }

            if (at > message.Length)
            {
                return null;
            }

            fields.Add(new Field((int)(tag >> 3), (int)(tag & 7), message[from..at]));
        }

        return fields;
    }

    private static byte[] Write(IEnumerable<Field> fields)
    {
        using var bytes = new MemoryStream();
        foreach (var field in fields)
        {
            bytes.Write(Varint(((ulong)field.Number << 3) | (uint)field.Type));
            if (field.Type == LengthDelimited)
            {
                bytes.Write(Varint(field.Claimed ?? (ulong)field.Content.Length));
            }

            bytes.Write(field.Content);
        }

        return bytes.ToArray();
    }

    private static ulong? TryVarint(byte[] bytes, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64 && at < bytes.Length; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        return null;
    }

    private sealed record Field(int Number, int Type, byte[] Content)
    {
        /// <summary>The length that is written where it is not the content's.</summary>
        public ulong? Claimed { get; init; }
    }
}
