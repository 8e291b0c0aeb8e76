using InfoLink.Contracts.Notes;

namespace InfoLink.Audit.Logs;

/// <summary>What an agent keeps of a fork: two checkpoints, one behind the other with an empty line between.</summary>
internal static class ForkEvidence
{
    /// <summary>The checkpoints; one piece, as it is, where they cannot be told apart.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> bytes)
    {
        // A checkpoint's only empty line is the one before its signatures: the second one parts the two, and what comes later cannot.
        var at = bytes.Span.IndexOf("\n\n"u8);
        for (var line = 0; line < 2 && at >= 0 && at + 2 < bytes.Length; line++, at = Next(bytes, at))
        {
            var (first, second) = (bytes[..(at + 1)], bytes[(at + 2)..]);
            if (SignedNote.TryParse(first.Span) is { } one && SignedNote.TryParse(second.Span) is not null && Checkpoint.TryParse(one.Text) is not null)
            {
                return [first, second];
            }
        }

        return [bytes];
    }

    private static int Next(ReadOnlyMemory<byte> bytes, int at) =>
        bytes.Span[(at + 1)..].IndexOf("\n\n"u8) is var further && further >= 0 ? at + 1 + further : -1;
}

/// <summary>What a custodian has kept of others' logs.</summary>
internal static class BundlePins
{
    /// <summary>The pins in a bundle, and the checkpoints that its evidence of forks holds, by path.</summary>
    public static async Task<IReadOnlyList<(string Path, ReadOnlyMemory<byte> Note)>> OfAsync(string folder, CancellationToken cancellation)
    {
        var pins = Path.Combine(folder, "pins");
        var found = new List<(string, ReadOnlyMemory<byte>)>();
        string[] files = Directory.Exists(pins) ? [.. Directory.EnumerateFiles(pins).Order(StringComparer.Ordinal)] : [];
        foreach (var file in files)
        {
            var path = "pins/" + Path.GetFileName(file);
            var bytes = await File.ReadAllBytesAsync(file, cancellation);
            if (!file.EndsWith(".fork", StringComparison.Ordinal))
            {
                found.Add((path, bytes));
                continue;
            }

            foreach (var note in ForkEvidence.Split(bytes))
            {
                found.Add((path, note));
            }
        }

        return found;
    }
}
