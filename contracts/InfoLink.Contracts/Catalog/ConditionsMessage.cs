using System.Globalization;

namespace InfoLink.Contracts.Catalog;

/// <summary>Inquiry conditions as the wire has them.</summary>
public static class ConditionsMessage
{
    private const int LastYear = 9999;

    public static V1.InquiryConditions ToMessage(this InquiryConditions conditions)
    {
        var message = new V1.InquiryConditions();
        if (conditions.TaxYear is { } year)
        {
            message.TaxYear = (uint)year;
        }

        if (conditions.Period is { } period)
        {
            message.Period = new V1.Period { From = InquiryConditions.Iso(period.From), To = InquiryConditions.Iso(period.To) };
        }

        if (conditions.AsOf is { } asOf)
        {
            message.AsOf = InquiryConditions.Iso(asOf);
        }

        if (conditions.ClaimedOn is { } claimedOn)
        {
            message.ClaimedOn = InquiryConditions.Iso(claimedOn);
        }

        return message;
    }

    /// <summary>False where a date is not <c>yyyy-MM-dd</c>, a period ends before it begins, or a year is beyond 9999.</summary>
    public static bool TryRead(V1.InquiryConditions? message, out InquiryConditions conditions)
    {
        conditions = InquiryConditions.None;
        if (message is null)
        {
            return true;
        }

        InquiryPeriod? period = null;
        if (message.Period is { } given)
        {
            if (!TryDate(given.From, out var from) || !TryDate(given.To, out var to) || !InquiryPeriod.TryCreate(from, to, out var read))
            {
                return false;
            }

            period = read;
        }

        if (!TryDate(message.HasAsOf, message.AsOf, out var asOf)
            || !TryDate(message.HasClaimedOn, message.ClaimedOn, out var claimedOn)
            || (message.HasTaxYear && message.TaxYear > LastYear))
        {
            return false;
        }

        conditions = new InquiryConditions
        {
            TaxYear = message.HasTaxYear ? (int)message.TaxYear : null,
            Period = period,
            AsOf = asOf,
            ClaimedOn = claimedOn,
        };
        return true;
    }

    private static bool TryDate(bool given, string text, out DateOnly? date)
    {
        var good = TryDate(text, out var read);
        date = given && good ? read : null;
        return good || !given;
    }

    private static bool TryDate(string text, out DateOnly date) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out date);
}
