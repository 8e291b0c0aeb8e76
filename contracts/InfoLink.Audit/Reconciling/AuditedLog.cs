using InfoLink.Audit.Bundles;
using InfoLink.Audit.Logs;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Tiles;
using InfoLink.V1;

namespace InfoLink.Audit.Reconciling;

/// <summary>A bundle in the reconciliation: whose log it is, and from when to when it speaks.</summary>
internal sealed class AuditedLog
{
    private AuditedLog(string folder, KnownLog known, BundleAbout? about, byte[] checkpoint, long size) =>
        (Folder, Known, About, CheckpointNote, Size) = (folder, known, about, checkpoint, size);

    public string Folder { get; }

    public KnownLog Known { get; }

    public BundleAbout? About { get; }

    /// <summary>As it lies in the bundle, verified or not.</summary>
    public byte[] CheckpointNote { get; }

    public long Size { get; }

    public string Custodian => Known.Custodian!;

    public bool IsBroker => string.Equals(Custodian, ApprovedRecord.BrokerCustodian, StringComparison.Ordinal);

    /// <summary>Its number in the table; -1: another bundle of the same log is larger.</summary>
    public int Number { get; set; } = -1;

    /// <summary>Unix milliseconds: what happened later need not be in it.</summary>
    public long Until => About?.PublishedAt.ToUnixTimeMilliseconds() ?? 0;

    /// <summary>Unix milliseconds: records of earlier events may have expired.</summary>
    public long From { get; private set; } = long.MinValue;

    public LogReport? Report { get; set; }

    /// <exception cref="BundleException">It is no bundle, or of a log that the member list does not name.</exception>
    public static AuditedLog Open(string folder, IReadOnlyList<KnownLog> logs)
    {
        if (!Directory.Exists(folder))
        {
            throw new BundleException($"There is no bundle '{folder}'. Export one with 'infolink log export'.");
        }

        var (aboutPath, checkpointPath) = (Path.Combine(folder, BundleAbout.FileName), Path.Combine(folder, "checkpoint"));
        var about = File.Exists(aboutPath) ? BundleAbout.TryParse(File.ReadAllBytes(aboutPath)) : null;
        var note = File.Exists(checkpointPath) ? File.ReadAllBytes(checkpointPath) : [];
        var checkpoint = SignedNote.TryParse(note) is { } read ? Checkpoint.TryParse(read.Text) : null;
        var origin = checkpoint?.Origin ?? about?.Origin
            ?? throw new BundleException($"'{folder}' is no bundle: it has neither a checkpoint nor a bundle.json that can be read.");
        var known = logs.FirstOrDefault(log => string.Equals(log.Origin, origin, StringComparison.Ordinal))
            ?? throw new BundleException($"'{folder}' is of the log '{origin}', which the member list does not name. Give the list that was in force, or leave the bundle out.");
        return new AuditedLog(folder, known, about, note, (long)Math.Min(checkpoint?.Size ?? 0, long.MaxValue));
    }

    /// <summary>A record of it was read; they come in order.</summary>
    public void Saw(VerifiedRecord record)
    {
        if (From == long.MinValue)
        {
            From = record.Serial == 0 ? long.MinValue + 1 : record.Open.TimeMs;
        }
    }

    /// <summary>One record again; null where it does not read any more.</summary>
    public async Task<(OpenPart Open, IReadOnlyList<SubjectLeaf> Subjects)?> ReadAsync(long serial, CancellationToken cancellation)
    {
        var bundle = TileId.At(0, (ulong)serial / TileId.FullWidth, (ulong)Size);
        var path = bundle is { } at ? Path.Combine(Folder, RecordFile.Path(at.Index, at.Width)) : null;
        if (path is null || !File.Exists(path))
        {
            return null;
        }

        var record = RecordFile.Read(await File.ReadAllBytesAsync(path, cancellation)).ElementAtOrDefault((int)(serial % TileId.FullWidth));
        return record is not null && AccessEntry.TryParse(record.OpenPart.Span) is { } open && record.SubjectLeaves.All(leaf => leaf.Length == SubjectLeaf.Size)
            ? (open, [.. record.SubjectLeaves.Select(leaf => SubjectLeaf.FromBytes(leaf.Span))])
            : null;
    }
}
