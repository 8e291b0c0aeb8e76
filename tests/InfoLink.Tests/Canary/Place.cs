using System.IO.Compression;

namespace InfoLink.Tests.Canary;

/// <summary>Somewhere to look: bytes under a name, whole files and what was caught in the air alike.</summary>
/// <param name="Name">For people.</param>
/// <param name="Open">The bytes, as often as they are wanted.</param>
internal sealed record Place(string Name, Func<Stream> Open)
{
    public static Place Of(string name, byte[] bytes) => new(name, () => new MemoryStream(bytes));

    public static Place Of(string name, string text) => Of(name, System.Text.Encoding.UTF8.GetBytes(text));

    // What is open elsewhere is read as it lies.
    public static Place OfFile(string file) => new(file, () => new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));

    /// <summary>Every file below a folder, whatever its name; sockets hold nothing.</summary>
    public static IEnumerable<Place> Below(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(file => !file.EndsWith(".sock", StringComparison.Ordinal))
        .Select(OfFile);

    /// <summary>What lies in it compressed, as places of their own: a whole file, or a member somewhere in it.</summary>
    public IEnumerable<Place> Inside()
    {
        const int Most = 64 * 1024 * 1024;
        using var stream = Open();
        if (stream.Length is 0 or > Most)
        {
            yield break;
        }

        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        if (bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]) || bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x04, 0x22, 0x4D, 0x18]))
        {
            throw new InvalidOperationException($"{Name} is compressed in a way (zstd, LZ4) that this scan cannot look into.");
        }

        for (var at = 0; at + 4 < bytes.Length; at++)
        {
            var gzip = bytes[at] == 0x1F && bytes[at + 1] == 0x8B && bytes[at + 2] == 8;
            var zlib = bytes[at] == 0x78 && bytes[at + 1] is 0x01 or 0x5E or 0x9C or 0xDA;
            if ((gzip || zlib) && Unpacked(gzip ? new GZipStream(From(at), CompressionMode.Decompress) : new ZLibStream(From(at), CompressionMode.Decompress)) is { Length: > 0 } member)
            {
                yield return Of($"{Name}, unpacked at {at}", member);
            }
        }

        if (Unpacked(new BrotliStream(From(0), CompressionMode.Decompress)) is { Length: > 0 } brotli)
        {
            yield return Of($"{Name}, as Brotli", brotli);
        }

        if (Unpacked(new DeflateStream(From(0), CompressionMode.Decompress)) is { Length: > 0 } deflate)
        {
            yield return Of($"{Name}, as Deflate", deflate);
        }

        MemoryStream From(int at) => new(bytes, at, bytes.Length - at);
    }

    /// <summary>As far as it can be unpacked.</summary>
    private static byte[] Unpacked(Stream packed)
    {
        const int Most = 16 * 1024 * 1024;
        using (packed)
        {
            using var plain = new MemoryStream();
            var buffer = new byte[4096];
            try
            {
                while (plain.Length < Most && packed.Read(buffer) is var read and > 0)
                {
                    plain.Write(buffer, 0, read);
                }
            }
            catch (Exception end) when (end is InvalidDataException or InvalidOperationException or IOException)
            {
                // Not, or not all the way, what it looked like.
            }

            return plain.ToArray();
        }
    }
}
