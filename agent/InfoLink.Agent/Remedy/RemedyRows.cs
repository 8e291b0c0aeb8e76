using System.Globalization;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Identifiers;
using InfoLink.V1;

namespace InfoLink.Agent.Remedy;

/// <summary>Rows of <see cref="RemedyStore"/> and what they mean.</summary>
internal static class RemedyRows
{
    /// <summary>Places and outcomes as <c>0:1 4:2</c>.</summary>
    public static string Write(IEnumerable<(uint Index, SubjectOutcome Outcome)> subjects) =>
        string.Join(' ', subjects.Select(subject => string.Create(CultureInfo.InvariantCulture, $"{subject.Index}:{(int)subject.Outcome}")));

    private static (uint, SubjectOutcome) ReadSubject(string text)
    {
        var parts = text.Split(':');
        return (uint.Parse(parts[0], CultureInfo.InvariantCulture), (SubjectOutcome)int.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

#pragma warning disable IDE1006, CA1812 // Columns' own names; made by Dapper.
    internal sealed class Case
    {
        public long number { get; init; }

        public string kind { get; init; } = "";

        public string value { get; init; } = "";

        public long reason { get; init; }

        public long state { get; init; }

        public long found_ms { get; init; }

        public string @operator { get; init; } = "";

        public string grounds { get; init; } = "";

        public long? decided_ms { get; init; }

        public string? decided_by { get; init; }

        public string? decision { get; init; }

        public long is_cut { get; init; }

        public RemedyCase ToCase() => new(number, new LocalId(kind, value), (CorrectionReason)reason, (RemedyState)state, Time(found_ms), new LinkAct(@operator, grounds))
        {
            DecidedAt = decided_ms is { } decided ? Time(decided) : null,
            Decision = decided_by is null ? null : new LinkAct(decided_by, decision ?? ""),
            IsCut = is_cut != 0,
        };
    }

    internal sealed class Notice
    {
        public long case_number { get; init; }

        public byte[] exchange { get; init; } = [];

        public long side { get; init; }

        public string counterpart { get; init; } = "";

        public byte[] reference { get; init; } = [];

        public string entry { get; init; } = "";

        public string kinds { get; init; } = "";

        public long time_ms { get; init; }

        public string subjects { get; init; } = "";

        public long progress { get; init; }

        public long attempts { get; init; }

        public long? refusal { get; init; }

        public long? acked_ms { get; init; }

        public long there { get; init; }

        public RemedyNotice ToNotice() => new(
            case_number,
            new AffectedExchange(
                ExchangeId.FromBytes(exchange), (ExchangeSide)side, AgencyId.Parse(counterpart), Time(time_ms), [.. Words(subjects).Select(ReadSubject)])
            {
                Entry = entry,
                Kinds = Words(kinds),
            },
            reference,
            (NoticeProgress)progress)
        {
            Attempts = (int)attempts,
            LastRefusal = refusal is { } name ? (RefusalName)name : null,
            AcknowledgedAt = acked_ms is { } acked ? Time(acked) : null,
            AtCounterpart = (CorrectionState)there,
        };
    }

    internal sealed class Received
    {
        public long number { get; init; }

        public string sender { get; init; } = "";

        public byte[] reference { get; init; } = [];

        public byte[] exchange { get; init; } = [];

        public long side { get; init; }

        public string indices { get; init; } = "";

        public long reason { get; init; }

        public long decided_ms { get; init; }

        public long received_ms { get; init; }

        public long state { get; init; }

        public string? @operator { get; init; }

        public string? why { get; init; }

        public ReceivedNotice ToNotice() => new(
            number,
            AgencyId.Parse(sender),
            ExchangeId.FromBytes(exchange),
            (ExchangeSide)side,
            [.. Words(indices).Select(index => uint.Parse(index, CultureInfo.InvariantCulture))],
            (CorrectionReason)reason,
            (CorrectionState)state,
            Time(received_ms))
        {
            Reference = reference,
            DecidedThereAt = Time(decided_ms),
            Note = @operator is null ? null : new LinkAct(@operator, why ?? ""),
        };
    }
#pragma warning restore IDE1006, CA1812
}
