using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using System.Text;

namespace InfoLink.Agent.Sources.Drivers;

/// <summary>The files of a driver, and the digest that names them all.</summary>
internal sealed class DriverFolder
{
    private const int MostFiles = 1_000;
    private const long MostBytes = 512L * 1024 * 1024;
    private readonly string _folder;
    private readonly SortedDictionary<string, byte[]> _digests;

    private DriverFolder(string folder, SortedDictionary<string, byte[]> digests)
    {
        (_folder, _digests) = (folder, digests);
        var list = string.Concat(digests.Select(file => $"{Convert.ToHexStringLower(file.Value)}  {file.Key}\n"));
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(list)));
    }

    /// <summary>See <see cref="DriverOptions.Sha256"/>.</summary>
    public string Sha256 { get; }

    /// <summary>Paths below the folder, in their order.</summary>
    public IEnumerable<string> Names => _digests.Keys;

    /// <exception cref="InvalidOperationException">It is not there, cannot be read, is too large, or others could change it.</exception>
    public static DriverFolder Read(string folder)
    {
        try
        {
            var root = new DirectoryInfo(folder);
            if (!root.Exists)
            {
                throw new InvalidOperationException($"folder: there is no folder '{folder}'.");
            }

            RequireOwners(root, folder);
            var digests = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
            var bytes = 0L;
            foreach (var part in root.EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
            {
                RequireOwners(part, folder);
                if (part is FileInfo file)
                {
                    if ((bytes += file.Length) > MostBytes || digests.Count == MostFiles)
                    {
                        throw new InvalidOperationException($"'{folder}' holds more than {MostFiles} files or {MostBytes >> 20} MiB: put the driver and what it needs there, and nothing else.");
                    }

                    using var stream = file.OpenRead();
                    digests[Path.GetRelativePath(folder, file.FullName).Replace('\\', '/')] = SHA256.HashData(stream);
                }
            }

            return digests.Count > 0 ? new DriverFolder(folder, digests) : throw new InvalidOperationException($"'{folder}' is empty.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"folder: '{folder}' cannot be read: {fault.Message}", fault);
        }
    }

    /// <exception cref="InvalidOperationException">It is another, or none.</exception>
    public void Require(string sha256)
    {
        if (!string.Equals(sha256, Sha256, StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidOperationException($"sha256: the files in '{_folder}' have {Sha256}. If it was you who put them there, say so in agent.json; if not, find out who did.");
        }
    }

    /// <summary>What the path holds, the same that was looked at; null: there is none.</summary>
    /// <exception cref="InvalidOperationException">It has changed since.</exception>
    public byte[]? Find(string name)
    {
        if (!_digests.TryGetValue(name, out var digest))
        {
            return null;
        }

        var bytes = File.ReadAllBytes(PathOf(name));
        return CryptographicOperations.FixedTimeEquals(SHA256.HashData(bytes), digest) ? bytes : throw new InvalidOperationException($"'{PathOf(name)}' has changed since it was looked at.");
    }

    public string PathOf(string name) => Path.Combine(_folder, name);

    /// <summary>Provider factories in it, as <c>Type, Assembly</c>. Nothing is loaded for this.</summary>
    public IEnumerable<string> Factories()
    {
        foreach (var name in Names.Where(name => name.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)))
        {
            using var image = new PEReader(new MemoryStream(Find(name)!));
            if (!image.HasMetadata)
            {
                continue;
            }

            var metadata = image.GetMetadataReader();
            foreach (var type in metadata.TypeDefinitions.Select(metadata.GetTypeDefinition).Where(type => IsFactory(metadata, type)))
            {
                yield return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}, {Path.GetFileNameWithoutExtension(name)}";
            }
        }
    }

    private static bool IsFactory(MetadataReader metadata, TypeDefinition type) => type.BaseType.Kind == HandleKind.TypeReference
        && metadata.GetTypeReference((TypeReferenceHandle)type.BaseType) is var of
        && metadata.StringComparer.Equals(of.Name, nameof(System.Data.Common.DbProviderFactory))
        && metadata.StringComparer.Equals(of.Namespace, "System.Data.Common");

    private static void RequireOwners(FileSystemInfo part, string folder)
    {
        if (part.LinkTarget is not null)
        {
            throw new InvalidOperationException($"'{part.FullName}' is a link: what it leads to is not in '{folder}'. Put the file itself there.");
        }

        if (!OperatingSystem.IsWindows() && (part.UnixFileMode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != UnixFileMode.None)
        {
            throw new InvalidOperationException($"Others than its owner can write to '{part.FullName}', and what lies there runs in the agent. chmod -R go-w '{folder}'");
        }
    }
}
