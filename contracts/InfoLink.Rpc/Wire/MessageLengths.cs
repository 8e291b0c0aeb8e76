using System.Buffers;
using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace InfoLink.Rpc.Wire;

/// <summary>Whether all that a protobuf message holds lies within it: every text, list and nested message ends before what it stands in does.</summary>
/// <remarks>
/// To be asked before a message from outside is parsed. Google.Protobuf (3.25) adds a nested message's length to its position and does not look whether
/// the sum is still a number: with a length close to 2³¹ a message of a kilobyte has it allocate hundreds of megabytes, and then throw what it never documents.
/// And it joins a nested message that is given again to a copy of what it has, each time: no writer gives one twice, and here it is refused.
/// </remarks>
public static class MessageLengths
{
    /// <summary>Messages in messages; the library's own limit.</summary>
    private const int Deepest = 100;

    private const int Varint = 0;
    private const int EightBytes = 1;
    private const int Delimited = 2;
    private const int FourBytes = 5;

    /// <summary>False where a length does not hold, and for groups, which proto3 has none of. Types that are no protobuf messages always pass.</summary>
    /// <typeparam name="T">The message.</typeparam>
    public static bool Hold<T>(ReadOnlySpan<byte> message) => Of<T>.Descriptor is not { } type || Hold(message, type, depth: 0);

    /// <summary>As the other, of a message in pieces.</summary>
    /// <typeparam name="T">The message.</typeparam>
    public static bool Hold<T>(ReadOnlySequence<byte> message)
    {
        if (message.IsSingleSegment)
            return Hold<T>(message.FirstSpan);
        var length = (int)message.Length;
        var whole = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            message.CopyTo(whole);
            return Hold<T>(whole.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole, clearArray: true); // It may hold what is nobody else's.
        }
    }

    private static bool Hold(ReadOnlySpan<byte> rest, MessageDescriptor type, int depth)
    {
        var given = 0UL;
        while (!rest.IsEmpty)
        {
            if (!TryRead(ref rest, out var tag) || tag > uint.MaxValue)
                return false;
            ulong length;
            switch ((int)(tag & 7))
            {
                case Varint when TryRead(ref rest, out _):
                    length = 0;
                    break;
                case EightBytes:
                    length = 8;
                    break;
                case FourBytes:
                    length = 4;
                    break;
                case Delimited when TryRead(ref rest, out length):
                    break;
                default:
                    return false;
            }

            if (length > (ulong)rest.Length)
                return false;
            if ((tag & 7) == Delimited && type.FindFieldByNumber((int)(tag >> 3)) is { FieldType: FieldType.Message } nested
                && (depth == Deepest || IsAgain(nested, ref given) || !Hold(rest[..(int)length], nested.MessageType, depth + 1)))
            {
                return false;
            }

            rest = rest[(int)length..];
        }

        return true;
    }

    private static bool IsAgain(FieldDescriptor nested, ref ulong given)
    {
        var bit = nested.IsRepeated ? 0 : 1UL << (nested.FieldNumber & 63);
        var again = (given & bit) != 0;
        given |= bit;
        return again;
    }

    private static bool TryRead(ref ReadOnlySpan<byte> rest, out ulong value)
    {
        value = 0;
        for (var at = 0; at < rest.Length && at < 10; at++)
        {
            value |= (ulong)(rest[at] & 0x7F) << (7 * at);
            if (rest[at] < 0x80)
            {
                rest = rest[(at + 1)..];
                return true;
            }
        }

        return false;
    }

    private static class Of<T>
    {
        public static readonly MessageDescriptor? Descriptor = typeof(IMessage).IsAssignableFrom(typeof(T))
            ? typeof(T).GetProperty(nameof(IMessage.Descriptor), BindingFlags.Public | BindingFlags.Static)?.GetValue(null) as MessageDescriptor
            : null;
    }
}
