using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace InfoLink.Contracts.Catalog;

/// <summary>
/// Inquiry conditions (照会条件): which year, which period, as of which day. An absent member is no condition.
/// The canonical form is JSON by RFC 8785; its digest stands in tokens and records, so that the conditions themselves need not.
/// </summary>
public sealed record InquiryConditions
{
    /// <summary>No condition at all; canonical form <c>{}</c>.</summary>
    public static InquiryConditions None { get; } = new();

    /// <summary>Tax year (課税年度) as the western year in which it begins, e.g. 2026 for 令和8年度.</summary>
    public int? TaxYear { get; init; }

    public InquiryPeriod? Period { get; init; }

    /// <summary>The day whose state is asked for.</summary>
    public DateOnly? AsOf { get; init; }

    /// <summary>
    /// The day of the claim that the inquiry serves. Only transitional rules look at it: an old entry may go on for claims made before a date.
    /// </summary>
    public DateOnly? ClaimedOn { get; init; }

    /// <summary>
    /// UTF-8, members in RFC 8785 order, absent ones omitted:
    /// <c>{"asOf":"2026-09-01","period":{"from":"2026-04-01","to":"2026-08-31"},"taxYear":2026}</c>.
    /// </summary>
    public byte[] ToCanonicalJson()
    {
        // Digits, hyphens and fixed names only: nothing here ever needs JSON escaping.
        var members = new List<string>(3);
        if (AsOf is { } asOf)
        {
            members.Add($"\"asOf\":\"{Iso(asOf)}\"");
        }

        if (ClaimedOn is { } claimedOn)
        {
            members.Add($"\"claimedOn\":\"{Iso(claimedOn)}\"");
        }

        if (Period is { } period)
        {
            members.Add($"\"period\":{{\"from\":\"{Iso(period.From)}\",\"to\":\"{Iso(period.To)}\"}}");
        }

        if (TaxYear is { } taxYear)
        {
            members.Add($"\"taxYear\":{taxYear.ToString(CultureInfo.InvariantCulture)}");
        }

        return Encoding.UTF8.GetBytes("{" + string.Join(',', members) + "}");
    }

    /// <summary>SHA-256 of the canonical form, 32 bytes.</summary>
    public byte[] Digest() => SHA256.HashData(ToCanonicalJson());

    /// <summary>
    /// Reads the canonical form back. Only bytes that would be written again exactly are accepted: two texts never mean one condition.
    /// </summary>
    public static bool TryParseCanonicalJson(ReadOnlySpan<byte> utf8, out InquiryConditions conditions)
    {
        conditions = None;
        if (utf8.Length > MaxCanonicalBytes)
        {
            return false;
        }

        try
        {
            var read = JsonSerializer.Deserialize<Form>(utf8, JsonSerializerOptions.Web);
            if (read is null || (read.Period is { } given && given.From > given.To))
            {
                return false;
            }

            conditions = new InquiryConditions
            {
                TaxYear = read.TaxYear,
                AsOf = read.AsOf,
                ClaimedOn = read.ClaimedOn,
                Period = read.Period is { } period ? new InquiryPeriod(period.From, period.To) : null,
            };
            return utf8.SequenceEqual(conditions.ToCanonicalJson());
        }
        catch (JsonException)
        {
            return false; // Not JSON, or not these members: the caller refuses the request as malformed.
        }
    }

    public override string ToString() => Encoding.UTF8.GetString(ToCanonicalJson());

    internal static string Iso(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private const int MaxCanonicalBytes = 256;

    private sealed record Form(int? TaxYear, FormPeriod? Period, DateOnly? AsOf, DateOnly? ClaimedOn);

    private sealed record FormPeriod(DateOnly From, DateOnly To);
}

/// <summary>A period of civil days, both ends included.</summary>
public readonly record struct InquiryPeriod
{
    /// <exception cref="ArgumentException">The period ends before it begins.</exception>
    public InquiryPeriod(DateOnly from, DateOnly to)
    {
        if (from > to)
        {
            throw new ArgumentException("A period ends on or after the day it begins.", nameof(to));
        }

        From = from;
        To = to;
    }

    public DateOnly From { get; }

    public DateOnly To { get; }

    /// <summary>For text from the wire: false where the period would end before it begins.</summary>
    public static bool TryCreate(DateOnly from, DateOnly to, out InquiryPeriod period)
    {
        period = from <= to ? new InquiryPeriod(from, to) : default;
        return from <= to;
    }
}
