using System.Globalization;
using System.Security.Cryptography;
using InfoLink.Contracts.Catalog;

namespace InfoLink.Agent.Sources.Replicas;

/// <summary>
/// One file becomes a delivery (SPEC §18.2): read once, line by line; each record checked, mapped, held against the layout and staged, sealed; then looked at as a whole. Nothing that is in use changes
/// before all of it has passed.
/// </summary>
internal sealed class ReplicaImport(ReplicaSource replica, InformationKind layout, ReplicaStore store, byte[] key, TimeProvider time)
{
    private const int MostFaults = 100;
    private const int TellEvery = 10_000;
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(10);
    private readonly List<string> _faults = [];
    private long _moreFaults;

    private bool HasPeriods => replica.Options.ValidFrom.Length > 0;

    /// <summary>Reads, checks and stages.</summary>
    /// <returns>What may be put in the place of the one in use.</returns>
    /// <exception cref="FormatException">It cannot be used: all that is wrong, by line and column. Nothing was imported.</exception>
    /// <exception cref="InvalidOperationException">It may not be used as it is.</exception>
    public StagedDelivery Stage(DeliveryWish wish, IProgress<DeliveryProgress>? progress, CancellationToken cancellation)
    {
        using var file = new FileStream(wish.File, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.Read, Options = FileOptions.SequentialScan, BufferSize = 0 });
        var now = time.GetUtcNow();
        var asOf = wish.AsOf ?? new DateTimeOffset(File.GetLastWriteTimeUtc(wish.File), TimeSpan.Zero);
        var before = store.InUse(replica.Id);
        RequireTime(asOf, now, before);
        var kept = ReplicaOptions.Of(replica.Source.Map).ToList();
        var salt = RandomNumberGenerator.GetBytes(DeliverySeal.SaltSize);
        using var seal = new DeliverySeal(key, salt);
        using var staging = store.Stage(new DeliveryRow
        {
            Number = 0,
            Source = replica.Id,
            State = DeliveryState.Staged,
            BegunMs = now.ToUnixTimeMilliseconds(),
            AsOfMs = asOf.ToUnixTimeMilliseconds(),
            Rows = 0,
            Columns = string.Join('\n', kept),
            Operator = wish.Operator,
            Salt = salt,
            Proof = seal.Proof(),
        });
        try
        {
            var (rows, digest) = Read(file, kept, seal, staging, progress, cancellation);
            RequireSame(wish, rows, digest);
            RequireNoFault();
            RequireSize(wish, rows, before);
            return new StagedDelivery(staging.Number, before, rows, digest, asOf);
        }
        catch
        {
            store.BreakOff(staging.Number);
            throw;
        }
    }

    private (long Rows, byte[] Digest) Read(FileStream file, List<string> kept, DeliverySeal seal, ReplicaStore.Staging staging, IProgress<DeliveryProgress>? progress, CancellationToken cancellation)
    {
        using var delivery = new DeliveryFile(file, replica.Options);
        ReplicaForm? form = null;
        try
        {
            form = ReplicaForm.Of(replica.Options, kept, delivery.Heading());
        }
        catch (FormatException wrong)
        {
            _faults.AddRange(wrong.Message.Split('\n'));
        }

        // Without its heading no line says anything; the digest wants the file's end all the same.
        var map = new ItemMap(replica.Source.Map!);
        long rows = 0;
        while (delivery.Next(out var fields, out var fault))
        {
            if (form is null)
            {
                continue;
            }

            rows++;
            var known = FaultsSoFar;
            if (fault is not null)
            {
                Fault(delivery.Line, column: null, fault);
            }
            else if (form.Read(fields!, delivery.Line, (column, cause) => Fault(delivery.Line, column, cause)) is { } row)
            {
                Hold(row, kept, map);
                if (FaultsSoFar == known && known == 0)
                {
                    var tag = seal.Tag(row.Person, row.TaxYear);
                    staging.Add(tag, seal.Seal(tag, row), row, HasPeriods, twice => Twice(twice, staging, seal));
                }
            }

            if (rows % TellEvery == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Report(new DeliveryProgress(rows, delivery.Bytes, file.Length));
            }
        }

        staging.Write(HasPeriods, twice => Twice(twice, staging, seal));
        progress?.Report(new DeliveryProgress(rows, delivery.Bytes, file.Length));
        if (HasPeriods && FaultsSoFar == 0)
        {
            RequireApart(staging, seal, cancellation);
        }

        return (rows, delivery.Digest());
    }

    private long FaultsSoFar => _faults.Count + _moreFaults;

    private void Fault(long line, string? column, string cause)
    {
        if (_faults.Count < MostFaults)
        {
            _faults.Add(string.Create(CultureInfo.InvariantCulture, $"line {line}{(column is null ? "" : $", column '{column}'")}: {cause}"));
        }
        else
        {
            _moreFaults++;
        }
    }

    /// <summary>As an answer would be: mapped, and held against the layout.</summary>
    private void Hold(ReplicaRow row, List<string> kept, ItemMap map)
    {
        var mapped = map.Apply(ReplicaRecords.RecordOf(kept, row.Values));
        var isWhole = true;
        foreach (var wrong in mapped.Where(item => item.Error is not null))
        {
            Fault(row.Line, wrong.From, $"{wrong.Error}");
            isWhole = false;
        }

        foreach (var violation in isWhole ? Layout.Check(layout, ItemMap.ItemsOf(mapped)) : [])
        {
            Fault(row.Line, mapped.FirstOrDefault(item => string.Equals(item.Item, violation.Item, StringComparison.Ordinal))?.From is { Length: > 0 } from ? from : null, $"{violation}, which the layout does not take");
        }
    }

    private void Twice(ReplicaRow row, ReplicaStore.Staging staging, DeliverySeal seal)
    {
        var tag = seal.Tag(row.Person, row.TaxYear);
        var first = seal.Open(row.Person, tag, staging.First(tag));
        Fault(row.Line, replica.Options.Key, string.Create(CultureInfo.InvariantCulture, $"the same person{(replica.Options.TaxYear.Length > 0 ? " and tax year" : "")} as in line {first.Line}."));
    }

    /// <summary>On no day two records of one person hold good.</summary>
    private void RequireApart(ReplicaStore.Staging staging, DeliverySeal seal, CancellationToken cancellation)
    {
        foreach (var (tag, contents) in staging.Several())
        {
            cancellation.ThrowIfCancellationRequested();
            var rows = contents.Select(content => seal.Open("", tag, content)).OrderBy(row => row.ValidFrom).ThenBy(row => row.Line).ToList();
            foreach (var (one, next) in rows.Zip(rows.Skip(1)).Where(pair => pair.First.Overlaps(pair.Second)))
            {
                Fault(next.Line, replica.Options.ValidFrom, string.Create(CultureInfo.InvariantCulture, $"on a day of it, line {one.Line} holds good for the same person too."));
            }
        }
    }

    private static void RequireTime(DateTimeOffset asOf, DateTimeOffset now, DeliveryRow? before)
    {
        if (asOf > now + ClockSkew)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"It was exported at {asOf.UtcDateTime:yyyy-MM-dd HH:mm} UTC, by --as-of or by the file's own time, and that is to come. Nothing was imported."));
        }

        if (before is not null && asOf.ToUnixTimeMilliseconds() < before.AsOfMs)
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"It was exported at {asOf.UtcDateTime:yyyy-MM-dd HH:mm} UTC, and the delivery in use at {before.AsOf.UtcDateTime:yyyy-MM-dd HH:mm}. Nothing was imported. Say --as-of where the file's own time is wrong; recall the one in use where the older one is right."));
        }
    }

    private static void RequireSame(DeliveryWish wish, long rows, byte[] digest)
    {
        if (wish.Sha256 is { } said && !string.Equals(said, Convert.ToHexStringLower(digest), StringComparison.OrdinalIgnoreCase))
        {
            throw new FormatException("The file is not the one that was exported: its SHA-256 is another one than the source says. It was cut off or changed on the way. Nothing was imported.");
        }

        if (wish.Rows is { } count && count != rows)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"The file has {rows:N0} records, and the source says {count:N0}. Nothing was imported."));
        }
    }

    private void RequireNoFault()
    {
        if (_faults.Count > 0)
        {
            var more = _moreFaults > 0 ? string.Create(CultureInfo.InvariantCulture, $"\nand {_moreFaults:N0} more.") : "";
            throw new FormatException($"The file cannot be used as it is. Nothing was imported.\n{string.Join('\n', _faults)}{more}");
        }
    }

    private static void RequireSize(DeliveryWish wish, long rows, DeliveryRow? before)
    {
        if (rows == 0)
        {
            throw new FormatException("The file has no record. Nothing was imported.");
        }

        if (before is not null && rows * 2 <= before.Rows && !wish.ConfirmShrink)
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture, $"The file has {rows:N0} records, and the delivery in use {before.Rows:N0}: half or less. Nothing was imported. If that is right, import it once more with --confirm-shrink."));
        }
    }
}

/// <summary>A delivery that has passed and waits to be put into use.</summary>
internal sealed record StagedDelivery(long Number, DeliveryRow? Before, long Rows, byte[] Digest, DateTimeOffset AsOf);

/// <summary>A source that is a replica.</summary>
internal sealed record ReplicaSource(SourceOptions Source, ReplicaOptions Options)
{
    /// <summary>What operators call it.</summary>
    public string Id => Source.Id;

    public static IReadOnlyList<ReplicaSource> Of(AgentOptions options) => [.. options.Sources.Where(source => source?.Replica is not null).Select(source => new ReplicaSource(source, source.Replica!))];

    /// <summary>The layout that its records are held against: the one in force, or where the source is for those to come, the first of these. Null: no catalog that is held has one.</summary>
    public InformationKind? LayoutOf(CatalogSet catalogs, DateTimeOffset now) => SourceFit.NowAndToCome(catalogs, now).Where(Source.Covers)
        .Select(catalog => catalog.Kinds.Values.FirstOrDefault(kind => string.Equals(kind.Id.Value, Source.Kind, StringComparison.Ordinal))).OfType<InformationKind>().FirstOrDefault();
}
