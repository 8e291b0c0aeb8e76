using System.Text.Encodings.Web;
using System.Text.Json;

namespace InfoLink.Audit.Bundles;

/// <summary>
/// What a bundle says of itself, <c>bundle.json</c>: written last, so that a folder without it is no whole bundle. Nobody signs it; sizes and
/// names in it must be the checkpoint's.
/// </summary>
/// <param name="Format">Always <see cref="Format1"/>.</param>
/// <param name="Origin">The log's name.</param>
/// <param name="Custodian">"broker" or an agency's id, as its records say; empty for a log without records.</param>
/// <param name="Size">Entries.</param>
/// <param name="PublishedAt">When the custodian published the checkpoint: what happened later is not in the bundle.</param>
/// <param name="ExportedAt">When the bundle was made.</param>
public sealed record BundleAbout(string Format, string Origin, string Custodian, long Size, DateTimeOffset PublishedAt, DateTimeOffset ExportedAt)
{
    public const string FileName = "bundle.json";

    public const string Format1 = "infolink-bundle/1";

    private const int MaxBytes = 4096;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Null where the bytes are not exactly what <see cref="ToBytes"/> gives.</summary>
    public static BundleAbout? TryParse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return bytes.Length <= MaxBytes && JsonSerializer.Deserialize<BundleAbout>(bytes, Json) is { } about && about.ToBytes().AsSpan().SequenceEqual(bytes)
                ? about
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Json), (byte)'\n'];
}
