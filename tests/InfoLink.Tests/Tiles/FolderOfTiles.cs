using System.Globalization;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Merkle;

namespace InfoLink.Tests.Tiles;

/// <summary>A log on disk, written from the specification's words and the oracle's hashes, to be bent.</summary>
internal sealed class FolderOfTiles : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private FolderOfTiles()
    {
    }

    public string Root => _folder.Path();

    public static FolderOfTiles Write(Oracle rfc, int size)
    {
        var folder = new FolderOfTiles();
        for (var (level, span, hashes) = (0, 1, size); hashes > 0; level++, span *= 256, hashes /= 256)
        {
            for (var first = 0; first < hashes; first += 256)
            {
                var width = Math.Min(256, hashes - first);
                using var tile = new MemoryStream();
                using var bundle = new MemoryStream();
                for (var i = first; i < first + width; i++)
                {
                    tile.Write(rfc.Range(i * span, (i + 1) * span).Span);
                    bundle.Write(Framed(Oracle.Entry(i)));
                }

                folder.Write(Path($"{level}", first / 256, width), tile.ToArray());
                if (level == 0)
                {
                    folder.Write(Path("entries", first / 256, width), bundle.ToArray());
                }
            }
        }

        return folder;
    }

    /// <summary>For indices below a million, which is enough here.</summary>
    public static string Path(string level, int index, int width)
    {
        var digits = index.ToString("d6", CultureInfo.InvariantCulture);
        var number = index < 1000 ? digits[3..] : $"x{digits[..3]}/{digits[3..]}";
        return width < 256 ? $"tile/{level}/{number}.p/{width}" : $"tile/{level}/{number}";
    }

    public static byte[] Framed(byte[] entry) => [(byte)(entry.Length >> 8), (byte)entry.Length, .. entry];

    public IEnumerable<string> Paths() =>
        Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories).Select(path => System.IO.Path.GetRelativePath(Root, path).Replace('\\', '/'));

    public byte[] Read(string path) => File.ReadAllBytes(_folder.Path(path));

    public void Write(string path, byte[] bytes)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(_folder.Path(path))!);
        File.WriteAllBytes(_folder.Path(path), bytes);
    }

    public void Remove(string path) => File.Delete(_folder.Path(path));

    public void Dispose() => _folder.Dispose();
}
