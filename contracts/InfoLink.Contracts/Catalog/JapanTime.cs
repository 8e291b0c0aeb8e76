using System.Globalization;

namespace InfoLink.Contracts.Catalog;

/// <summary>The law counts in civil days of Japan (UTC+9, no summer time since 1951), wherever the machine stands.</summary>
public static class JapanTime
{
    private static readonly TimeSpan Offset = TimeSpan.FromHours(9);

    /// <summary>The civil date in Japan at an instant.</summary>
    public static DateOnly CivilDate(DateTimeOffset instant) => DateOnly.FromDateTime(instant.ToOffset(Offset).DateTime);

    /// <summary>Today's civil date in Japan.</summary>
    public static DateOnly Today(TimeProvider time) => CivilDate(time.GetUtcNow());

    /// <summary>Midnight at which a civil day in Japan begins.</summary>
    public static DateTimeOffset StartOf(DateOnly day) => new(day.ToDateTime(TimeOnly.MinValue), Offset);

    /// <summary>A civil time in Japan as an instant.</summary>
    public static DateTimeOffset At(DateTime civil) => new(DateTime.SpecifyKind(civil, DateTimeKind.Unspecified), Offset);

    /// <summary>An instant as people in Japan read it, to the second: <c>2026-11-24T08:00:00+09:00</c>.</summary>
    public static string Text(DateTimeOffset instant) => instant.ToOffset(Offset).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    /// <summary>The last second of a civil day in Japan.</summary>
    public static DateTimeOffset EndOf(DateOnly day) => new(day.ToDateTime(new TimeOnly(23, 59, 59)), Offset);
}
