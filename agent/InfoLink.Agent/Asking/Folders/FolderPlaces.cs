using System.Security.Cryptography;
using InfoLink.Contracts.Identity;

namespace InfoLink.Agent.Asking.Folders;

/// <summary>Where the files of a watched folder lie, and who may write there.</summary>
internal sealed class FolderPlaces
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly string[] All = ["in", "out", "done", "failed", "work"];

    private FolderPlaces(string root) => (In, Out, Done, Failed, Work) =
        (Path.Combine(root, "in"), Path.Combine(root, "out"), Path.Combine(root, "done"), Path.Combine(root, "failed"), Path.Combine(root, "work"));

    /// <summary>What systems put.</summary>
    public string In { get; }

    /// <summary>Results that are whole.</summary>
    public string Out { get; }

    /// <summary>Files that were asked about.</summary>
    public string Done { get; }

    /// <summary>Files that were not, each with the reason beside it.</summary>
    public string Failed { get; }

    /// <summary>The agent's own: what it has taken and not ended. Nobody else enters.</summary>
    public string Work { get; }

    /// <summary>Makes what is not there.</summary>
    public static FolderPlaces Open(AgentOptions options, FolderOptions folder)
    {
        var root = Path.GetFullPath(options.Full(folder.Folder));
        foreach (var place in All)
        {
            KeyFile.CreateFolder(Path.Combine(root, place));
        }

        return new FolderPlaces(root);
    }

    public static IEnumerable<string> Errors(AgentOptions options, FolderOptions folder)
    {
        if (folder.Folder.Length == 0 || folder.Folder.Contains('\0', StringComparison.Ordinal) || !Directory.Exists(options.Full(folder.Folder)))
        {
            yield return $"folder: there is no folder '{(folder.Folder.Length == 0 ? "" : options.Full(folder.Folder))}'.";
            yield break;
        }

        var root = options.Full(folder.Folder);
        if (options.Folders.Any(other => !ReferenceEquals(other, folder) && other.Folder.Length > 0 && IsWithin(options.Full(other.Folder), root)) || IsWithin(options.Full(options.Data), root))
        {
            yield return "folder: it lies within another watched folder or the agent's data, or is one.";
        }

        foreach (var error in All.Select(place => WhyNotSafe(Path.Combine(root, place), isIn: string.Equals(place, "in", StringComparison.Ordinal))).Prepend(WhyNotSafe(root, isIn: false)).OfType<string>())
        {
            yield return $"folder: {error}";
        }
    }

    /// <summary>As <see cref="Errors"/> looks at the start, while it is watched.</summary>
    public string? WhyNotSafe() =>
        WhyNotSafe(In, isIn: true) ?? new[] { Path.GetDirectoryName(In)!, Out, Done, Failed, Work }.Select(place => WhyNotSafe(place, isIn: false)).FirstOrDefault(why => why is not null);

    /// <summary>Whoever can write a folder can put another file in the place of the one that was looked at.</summary>
    /// <param name="path">A folder; one that is not there is made by the agent.</param>
    /// <param name="isIn">Where systems write: a group may.</param>
    public static string? WhyNotSafe(string path, bool isIn)
    {
        var folder = new DirectoryInfo(path);
        if (folder.LinkTarget is not null || File.Exists(path))
        {
            return $"'{path}' is a link or a file; it must be a folder of its own.";
        }

        if (!folder.Exists || OperatingSystem.IsWindows())
        {
            return null;
        }

        var open = folder.UnixFileMode & (UnixFileMode.OtherWrite | (isIn ? UnixFileMode.None : UnixFileMode.GroupWrite));
        return open == UnixFileMode.None ? null
            : isIn ? $"everybody can write '{path}'. Let its owner and one group do so (chmod 2770)."
            : $"others than its owner can write '{path}'. Let its owner alone do so (chmod go-w).";
    }

    /// <summary>
    /// Puts a file into a folder that others see: it is whole there or not there. Nothing is overwritten: where the name is taken, it gets <paramref name="orElse"/>, and where that is too, that with something random before it.
    /// </summary>
    public static void Put(string from, string folder, string name, string orElse, bool groupReads)
    {
        SetMode(from, groupReads);
        var free = IsFree(folder, name) ? name : IsFree(folder, orElse) ? orElse : $"{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}.{orElse}";
        File.Move(from, Path.Combine(folder, free));
    }

    /// <summary>A file, a folder, or a link itself, wherever it leads.</summary>
    public static void Move(string from, string to)
    {
        if (Directory.Exists(from))
        {
            Directory.Move(from, to);
        }
        else
        {
            File.Move(from, to);
        }
    }

    public static void SetMode(string file, bool groupReads)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, OwnerOnly | (groupReads ? UnixFileMode.GroupRead : UnixFileMode.None));
        }
    }

    /// <summary>Nothing of this name is there; a link that leads nowhere is something.</summary>
    public static bool IsFree(string folder, string name) => !Path.Exists(Path.Combine(folder, name)) && new FileInfo(Path.Combine(folder, name)).LinkTarget is null;

    private static bool IsWithin(string one, string other)
    {
        var (inner, outer) = (Path.GetFullPath(one) + Path.DirectorySeparatorChar, Path.GetFullPath(other) + Path.DirectorySeparatorChar);
        return inner.StartsWith(outer, StringComparison.Ordinal) || outer.StartsWith(inner, StringComparison.Ordinal);
    }
}
