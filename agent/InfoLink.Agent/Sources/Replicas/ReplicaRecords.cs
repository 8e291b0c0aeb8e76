using System.Globalization;
using InfoLink.Contracts.Catalog;

namespace InfoLink.Agent.Sources.Replicas;

/// <summary>Records out of the delivery that is in use. Looked up anew for each person, so that what was imported is answered from at once.</summary>
internal sealed class ReplicaRecords(string source, ReplicaOptions options, IReadOnlyList<string> wanted, ReplicaStore store, byte[] key, TimeProvider time) : IRecordSource
{
    private const string Import = "infolink-agent replica import";

    public Task<SourceRecord?> FindAsync(InformationRequest request, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult(Find(request));
    }

    /// <summary>What reading about anybody meets, whoever it is.</summary>
    /// <exception cref="SourceFaultException">It cannot be answered from: nothing was delivered, or it is too old, or not the map's.</exception>
    public void Check()
    {
        using var seal = Usable(store.InUse(source) ?? throw Nothing());
    }

    private SourceRecord? Find(InformationRequest request)
    {
        if (options.TaxYear.Length > 0 && request.Conditions.TaxYear is null)
        {
            throw new SourceFaultException("its records are by tax year, which this question does not have.");
        }

        DeliverySeal? seal = null;
        try
        {
            byte[] tag = [];
            IReadOnlyList<string> kept = [];
            var found = store.Find(source, delivery =>
            {
                seal = Usable(delivery);
                kept = delivery.Kept;
                return tag = seal.Tag(request.Person, options.TaxYear.Length > 0 ? request.Conditions.TaxYear : null);
            }) ?? throw Nothing();
            var (first, last) = Days(request.Conditions);
            return found.Select(content => seal!.Open(request.Person, tag, content)).FirstOrDefault(row => row.Covers(first, last)) is { } row ? RecordOf(kept, row.Values) : null;
        }
        finally
        {
            seal?.Dispose();
        }
    }

    /// <summary>What of a delivery's row the map reads.</summary>
    public static SourceRecord RecordOf(IReadOnlyList<string> columns, IReadOnlyList<string> values)
    {
        var fields = new Dictionary<string, RawValue>(columns.Count, StringComparer.Ordinal);
        for (var i = 0; i < columns.Count; i++)
        {
            fields[columns[i]] = new RawValue.Written(values[i]);
        }

        return new SourceRecord(fields, column => fields.GetValueOrDefault(column) ?? new RawValue.Missing());
    }

    /// <summary>How old what was exported then is now.</summary>
    public static TimeSpan AgeOf(DeliveryRow delivery, TimeProvider time) => time.GetUtcNow() - delivery.AsOf;

    public static bool IsTooOld(ReplicaOptions options, TimeSpan age) => options.RefuseAfterHours > 0 && age > TimeSpan.FromHours(options.RefuseAfterHours);

    /// <summary>A record answers for a day, or for the whole of a period; where a question names neither, for today in Japan.</summary>
    private (DateOnly First, DateOnly Last) Days(InquiryConditions conditions) =>
        conditions.Period is { } period ? (period.From, period.To) : conditions.AsOf is { } day ? (day, day) : (JapanTime.Today(time), JapanTime.Today(time));

    private DeliverySeal Usable(DeliveryRow delivery)
    {
        if (IsTooOld(options, AgeOf(delivery, time)))
        {
            throw new SourceFaultException(string.Create(
                CultureInfo.InvariantCulture, $"the delivery in use was exported at {delivery.AsOf:yyyy-MM-dd HH:mm} UTC, more than refuseAfterHours ({options.RefuseAfterHours}) ago. Import a newer one ({Import})."));
        }

        if (wanted.Except(delivery.Kept, StringComparer.Ordinal).FirstOrDefault() is { } missing)
        {
            throw new SourceFaultException($"the delivery in use was imported before the map read '{missing}', so that it was not kept. Import it again ({Import}).");
        }

        var seal = new DeliverySeal(key, delivery.Salt);
        if (System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(seal.Proof(), delivery.Proof))
        {
            return seal;
        }

        seal.Dispose();
        throw new SourceFaultException("the replica was sealed under another replica key than this agent's. Restore the key, or import the delivery again.");
    }

    private static SourceFaultException Nothing() => new($"nothing has been delivered, or it was recalled: there is nothing to answer from ({Import}).");
}
