using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;
using Grpc.Core;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Rpc.Wire;

namespace InfoLink.Tests.Fuzzing;

/// <summary>What targets share.</summary>
internal static class Readers
{
    private const int LargestMessage = 4 * 1024 * 1024;

    /// <summary>A message as the RPC layer reads it, and then what its edge makes of it. What does not parse is refused before the edge.</summary>
    public static Func<byte[], bool> Message<T>(Func<T, bool> read)
        where T : class, IMessage<T>, new()
    {
        var parser = new MessageParser<T>(() => new T());
        return bytes =>
        {
            if (parser.TryParse(bytes) is not { } message)
            {
                return false;
            }

            Require(parser.ParseFrom(message.ToByteArray()).Equals(message), "a message that is another when it is written and read again");
            return read(message);
        };
    }

    public static bool Done<T>(Outcome<T> outcome) => outcome is Outcome<T>.Done;

    /// <summary>All messages of a body, in pieces as a network might bring it.</summary>
    /// <exception cref="RpcException">The body breaks the protocol.</exception>
    public static List<T> Frames<T>(byte[] body)
        where T : class, IMessage<T>, new()
    {
        var parser = new MessageParser<T>(() => new T());
        var marshaller = new Marshaller<T>((_, _) => { }, context => parser.ParseFrom(context.PayloadAsReadOnlySequence())); // As generated code reads.
        var messages = new List<T>();
        var reader = new FrameReader(PipeReader.Create(InPieces(body)), LargestMessage);
        while (reader.ReadAsync(marshaller, CancellationToken.None).AsTask().GetAwaiter().GetResult() is { } message)
        {
            messages.Add(message);
        }

        return messages;
    }

    public static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new FuzzFindingException(otherwise);
        }
    }

    /// <summary>Does the reading end, and in which words, without the exceptions that are named?</summary>
    public static bool Takes(Action read)
    {
        read();
        return true;
    }

    private static ReadOnlySequence<byte> InPieces(byte[] body)
    {
        var first = new Piece(body.AsMemory(0, Math.Min(3, body.Length)), null);
        var last = first;
        for (var at = first.Memory.Length; at < body.Length;)
        {
            var length = Math.Min(body.Length - at, 1 + (at * 7 % 4096));
            last = new Piece(body.AsMemory(at, length), last);
            at += length;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
