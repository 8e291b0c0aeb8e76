using System.Buffers;
using Grpc.Core;

namespace InfoLink.Rpc.Wire;

/// <summary>What the peer sent as headers or trailers, back into metadata.</summary>
internal static class MetadataEncoding
{
    /// <summary>Adds one header line. Names of the protocol and of HTTP are dropped.</summary>
    /// <exception cref="FormatException">A <c>-bin</c> value is not base64.</exception>
    public static void AddReceived(Metadata metadata, string name, string? value)
    {
        // HTTP/2 names arrive in lower case; HttpClient and Kestrel give the ones they know back in their own spelling.
        name = name.ToLowerInvariant();
        if (!MetadataNames.IsUserMetadata(name))
            return;
        value ??= "";
        if (!name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.Ordinal))
        {
            metadata.Add(Metadata.Entry.Received(name, value));
            return;
        }

        // Repeated headers may be joined by commas on the way, and base64 has none.
        foreach (var part in value.AsSpan().Split(','))
            metadata.Add(Metadata.Entry.Received(name, DecodeBase64(name, value.AsSpan()[part].Trim())));
    }

    private static byte[] DecodeBase64(string name, ReadOnlySpan<char> text)
    {
        text = text.TrimEnd('=');
        var length = text.Length + (4 - text.Length % 4) % 4;
        var padded = ArrayPool<char>.Shared.Rent(length);
        try
        {
            text.CopyTo(padded);
            padded.AsSpan(text.Length, length - text.Length).Fill('=');
            var octets = new byte[length / 4 * 3];
            if (!Convert.TryFromBase64Chars(padded.AsSpan(0, length), octets, out var written))
                throw new FormatException($"The value of '{name}' is not base64.");
            return octets.AsSpan(0, written).ToArray();
        }
        finally
        {
            ArrayPool<char>.Shared.Return(padded);
        }
    }
}
