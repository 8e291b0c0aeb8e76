using System.Text;

namespace InfoLink.Agent.Asking.Folders;

/// <summary>What the names of files in a watched folder mean. In the agent's own <c>work</c>, <c>t.NAME</c> is what was taken, <c>q.DIGEST.NAME</c> what is asked about, <c>r.DIGEST.NAME.csv</c> its results.</summary>
internal sealed record FolderFile(string Name, string Digest)
{
    /// <summary>Beside what the agent puts before and behind it, so that no name is longer than file systems take (255 bytes).</summary>
    public const int LongestName = 180;

    public const string TakenPrefix = "t.";
    private const string QuestionPrefix = "q.";
    private const string ResultPrefix = "r.";
    private const int DigestSize = 32;

    /// <summary>Endings under which programs write what is not whole.</summary>
    private static readonly string[] Unfinished = [".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~"];

    public string Question => $"{QuestionPrefix}{Digest}.{Name}";

    /// <summary>Under which name its results come to <c>out</c>.</summary>
    public string ResultName(string form) => $"{Path.GetFileNameWithoutExtension(Name)}.{form}";

    /// <summary>The same, where there is a file of that name already.</summary>
    public string OtherName(string form) => $"{Path.GetFileNameWithoutExtension(Name)}.{Digest}.{form}";

    public string Result(string form) => $"{ResultPrefix}{Digest}.{Name}.{form}";

    /// <summary>The job: the same file again is the same job, under another name it is another one.</summary>
    public string Job(string folder)
    {
        // A job has 200 characters; a long name is cut, and its digest stands for the rest.
        const int Room = 100;
        const int Kept = Room - 17;
        var shown = Name.Length <= Room ? Name : $"{Name[..(char.IsHighSurrogate(Name[Kept - 1]) ? Kept - 1 : Kept)]}~{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(Name)))[..16]}";
        return $"{folder}/{shown} {Digest}";
    }

    /// <summary>Is this nothing to be taken yet, or ever: hidden, being written, a marker?</summary>
    public static bool IsPassedOver(string name, string marker) =>
        name.Length == 0 || name[0] == '.' || Array.Exists(Unfinished, ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) || (marker.Length > 0 && name.EndsWith(marker, StringComparison.Ordinal));

    /// <summary>Why a name cannot be taken over into jobs and results; null where it can.</summary>
    public static string? WhyNotName(string name) => Encoding.UTF8.GetByteCount(name) > LongestName ? $"its name is longer than {LongestName} bytes. Give it a shorter one."
        : name.Any(letter => char.IsControl(letter) || letter is '/' or '\\' or '\uFFFD') ? "its name has control characters, slashes or bytes that are not UTF-8. Rename it."
        : null;

    public static FolderFile Of(string name, ReadOnlySpan<byte> sha256) => new(name, Convert.ToHexStringLower(sha256)[..DigestSize]);

    /// <summary>Reads the name of a question in <c>work</c>; null where it is none.</summary>
    public static FolderFile? TryRead(string question)
    {
        if (question.Length <= QuestionPrefix.Length + DigestSize + 1 || !question.StartsWith(QuestionPrefix, StringComparison.Ordinal) || question[QuestionPrefix.Length + DigestSize] != '.')
        {
            return null;
        }

        var (digest, name) = (question.Substring(QuestionPrefix.Length, DigestSize), question[(QuestionPrefix.Length + DigestSize + 1)..]);
        return digest.All(char.IsAsciiHexDigitLower) && WhyNotName(name) is null ? new FolderFile(name, digest) : null;
    }
}
