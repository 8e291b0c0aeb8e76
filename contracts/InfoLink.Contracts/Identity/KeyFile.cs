using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Identity;

/// <summary>
/// Files that hold keys: made once, never overwritten, readable by their owner alone. On Windows the folder's access list must see to
/// that; elsewhere the file's mode does, and a file open to others is refused.
/// </summary>
public static class KeyFile
{
    /// <summary>Bytes of a raw key.</summary>
    public const int KeySize = 32;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes a folder that only its owner enters.</summary>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        }
    }

    /// <exception cref="IOException">The file exists.</exception>
    public static void WriteNew(string path, string content)
    {
        using var file = CreateNew(path);
        var bytes = Encoding.ASCII.GetBytes(content);
        file.Write(bytes);
        file.Flush(flushToDisk: true);
        CryptographicOperations.ZeroMemory(bytes);
    }

    /// <summary>A new file that its owner alone can read, from its first byte on.</summary>
    /// <exception cref="IOException">There is one already, or a link; or it cannot be made.</exception>
    public static FileStream CreateNew(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return new FileStream(path, options);
    }

    /// <remarks>The text cannot be wiped by the runtime; it is let go of as soon as the key has been made from it, and the key is wiped by who holds it.</remarks>
    /// <exception cref="InvalidOperationException">Missing, unreadable, or open to others. The message names the file and the way out.</exception>
    public static string Read(string path)
    {
        try
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerOnly) != UnixFileMode.None)
            {
                throw new InvalidOperationException($"The key file '{path}' is open to others; make it readable by its owner alone (chmod 600).");
            }

            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"The key file '{path}' cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Makes a raw key of 32 random bytes, in base64url.</summary>
    /// <exception cref="IOException">The file exists.</exception>
    public static void WriteNewKey(string path)
    {
        var key = RandomNumberGenerator.GetBytes(KeySize);
        WriteNew(path, Base64Url.EncodeToString(key));
        CryptographicOperations.ZeroMemory(key);
    }

    /// <summary>A raw key of 32 bytes, in base64url.</summary>
    /// <exception cref="InvalidOperationException">As <see cref="Read"/>, or not 32 bytes.</exception>
    public static byte[] ReadKey(string path)
    {
        var key = new byte[KeySize];
        return Base64UrlText.TryDecode(Read(path).AsSpan().Trim(), key)
            ? key
            : throw new InvalidOperationException($"The key file '{path}' does not hold 32 bytes in base64url.");
    }
}
