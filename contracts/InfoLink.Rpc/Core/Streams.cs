using System.Runtime.CompilerServices;

namespace Grpc.Core;

/// <summary>A stream of messages to read, one reader at a time.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message read last.</summary>
    T Current { get; }

    /// <summary>Reads the next message: false at the end of a stream that ended in OK.</summary>
    /// <exception cref="RpcException">The call ended otherwise, or the token gave it up.</exception>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}

/// <summary>A stream of messages to write, one writer at a time.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>Hints for the next message.</summary>
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Writes a message, waiting while the peer does not read.</summary>
    Task WriteAsync(T message);

    /// <summary>Writes a message, waiting while the peer does not read, at most until the token.</summary>
    Task WriteAsync(T message, CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled ? throw new NotSupportedException("This writer cannot be cancelled message by message.") : WriteAsync(message);
}

/// <summary>The client's stream of requests. Out of profile.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>Says that no request follows.</summary>
    Task CompleteAsync();
}

/// <summary>The server's stream of responses.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>;

/// <summary>Reading streams with <c>await foreach</c>.</summary>
public static class AsyncStreamReaderExtensions
{
    /// <summary>Every remaining message.</summary>
    /// <exception cref="RpcException">The call ended in another status than OK.</exception>
    public static async IAsyncEnumerable<T> ReadAllAsync<T>(this IAsyncStreamReader<T> streamReader, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(streamReader);
        while (await streamReader.MoveNext(cancellationToken))
            yield return streamReader.Current;
    }

    /// <summary>Reads the next message without a token of its own.</summary>
    public static Task<bool> MoveNext<T>(this IAsyncStreamReader<T> streamReader)
    {
        ArgumentNullException.ThrowIfNull(streamReader);
        return streamReader.MoveNext(CancellationToken.None);
    }
}
