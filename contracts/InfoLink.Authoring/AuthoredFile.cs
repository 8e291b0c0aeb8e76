using System.Text;
using InfoLink.Contracts.Trust;

namespace InfoLink.Authoring;

/// <summary>From a file's bytes to its one YAML document: bounded, UTF-8, errors with their line.</summary>
internal static class AuthoredFile
{
    /// <summary>16 MiB: the whole Order fits several times; whatever is larger is not a catalog.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private const char ByteOrderMark = '\uFEFF';
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Null, with the error on the sheet, where the file is missing, unreadable or too large.</summary>
    public static byte[]? Bytes(string path, ErrorSheet errors)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length <= MaxBytes)
            {
                var bytes = new byte[file.Length];
                file.ReadExactly(bytes);
                return bytes;
            }

            errors.Add(0, "", TooLarge);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            errors.Add(0, "", $"The file cannot be read: {fault.Message}");
        }

        return null;
    }

    /// <summary>Null, with the errors on the sheet, where there is no document to read fields from.</summary>
    public static Spot? Document(ReadOnlySpan<byte> bytes, ErrorSheet errors)
    {
        if (bytes.Length > MaxBytes)
        {
            errors.Add(0, "", TooLarge);
            return null;
        }

        try
        {
            var root = YamlTree.Read(StrictUtf8.GetString(bytes).TrimStart(ByteOrderMark), errors);
            return root is null ? null : new Spot(root, "", errors);
        }
        catch (DecoderFallbackException fault)
        {
            var line = 1 + bytes[..Math.Clamp(fault.Index, 0, bytes.Length)].Count((byte)'\n');
            errors.Add(line, "", "Not UTF-8 here. Save the file as UTF-8.");
            return null;
        }
    }

    /// <summary>What an authored file says, under a header, as the authority will sign it; read back as it will be read.</summary>
    public static Loaded<SignedDocument> Draft(
        ReadOnlySpan<byte> bytes, DocumentKind kind, string platform, DocumentHeader? previous, DateTimeOffset now, DateOnly expires, ErrorSheet errors)
    {
        var root = (DocumentNode.Mapping)Document(bytes, errors)!.Value.Node;
        if (root.Find("version") is DocumentNode.Scalar version && !string.Equals(version.Text, $"{(previous?.Version ?? 0) + 1}", StringComparison.Ordinal))
        {
            errors.Add(version.Line, "version", $"The next version is {(previous?.Version ?? 0) + 1}. Correct it, or leave 'version' out.");
        }

        var draft = SignedDocument.Draft(CanonicalJson.Write(HeaderReader.Write(OrderedMembers.Kept(root), kind, platform, previous, now, expires)));
        try
        {
            (kind == DocumentKind.Catalog ? Documents.Catalog(draft).Header : Documents.Members(draft).Header).RequireTimely(now);
        }
        catch (DocumentException refused)
        {
            errors.Add(0, "expires", refused.Message);
        }

        return errors.IsEmpty ? new Loaded<SignedDocument>.Whole(draft) : errors.Broken<SignedDocument>();
    }

    private static string TooLarge => $"The file is larger than {MaxBytes / (1024 * 1024)} MiB. Split the catalog or look for what does not belong in it.";
}
