using System.Text.Json;
using System.Text.Json.Serialization;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Host.Asking;

/// <summary>What the existing system asks.</summary>
internal sealed record LocalQuestion(
    string Person, string Entry, string Terminal, string Use, string? Operator = null, string? Provider = null, string? Role = null, LocalConditions? Conditions = null, string? CaseReference = null,
    bool Collect = false, bool Sheet = false)
{
    /// <summary>Null where a name is not one.</summary>
    public Inquiry? TryRead() => TryRead(Entry, Provider, Role, Conditions);

    /// <inheritdoc cref="TryRead()"/>
    public static Inquiry? TryRead(string entryText, string? providerText, string? roleText, LocalConditions? conditions)
    {
        SubjectRole? role = null;
        if (roleText is not null)
        {
            if (!SubjectRole.TryParse(roleText, out var read))
            {
                return null;
            }

            role = read;
        }

        AgencyId? provider = null;
        if (providerText is not null)
        {
            if (!AgencyId.TryParse(providerText, out var named))
            {
                return null;
            }

            provider = named;
        }

        return EntryId.TryParse(entryText, out var entry) && conditions is not { IsBackwards: true }
            ? new Inquiry { Entry = entry, Provider = provider, Role = role, Conditions = conditions?.ToConditions() ?? InquiryConditions.None }
            : null;
    }
}

/// <summary>Several questions of one operator: a household, several providers, several entries; 1 to 100.</summary>
internal sealed record LocalQuestions(IReadOnlyList<LocalSubject> Questions, string Terminal, string Use, string? Operator = null, string? CaseReference = null);

/// <summary>One of several questions.</summary>
internal sealed record LocalSubject(string Person, string Entry, string? Provider = null, string? Role = null, LocalConditions? Conditions = null);

/// <summary>What came of several questions, in their order.</summary>
internal sealed record LocalResults(IReadOnlyList<LocalResult> Results);

/// <summary>What came of one of several: an answer, or a refusal.</summary>
internal sealed record LocalResult(LocalAnswer? Answer, LocalRefusal? Refusal);

/// <summary>Inquiry conditions, dates as <c>yyyy-MM-dd</c>.</summary>
internal sealed record LocalConditions(int? TaxYear = null, DateOnly? From = null, DateOnly? To = null, DateOnly? AsOf = null, DateOnly? ClaimedOn = null)
{
    /// <summary>Half a period, or one that ends before it begins.</summary>
    [JsonIgnore]
    public bool IsBackwards => From is null != To is null || From > To;

    public InquiryConditions ToConditions() => new()
    {
        TaxYear = TaxYear,
        Period = From is { } from && To is { } to ? new InquiryPeriod(from, to) : null,
        AsOf = AsOf,
        ClaimedOn = ClaimedOn,
    };
}

/// <summary>What came back, and where it was wanted a sheet to print (HTML): who was asked, with the ward where a rule found a designated city; kinds with their items, or the time until which a human may answer.</summary>
internal sealed record LocalAnswer(
    string? ExchangeId, string Outcome, string? Provider, string? Department, Dictionary<string, Dictionary<string, LocalItem>>? Kinds, DateTimeOffset? PendingUntil, string? Sheet = null);

/// <summary>A value, or the reason for its absence.</summary>
internal sealed record LocalItem(string? Value, string? Absent);

/// <summary>A refusal with its cause and the way out, and where it is a matter of time, when to ask again.</summary>
internal sealed record LocalRefusal(
    string Refused, string Detail, bool Retryable, string CauseEn, string WayOutEn, string CauseJa, string WayOutJa, string? ExchangeId, int? RetryAfterSeconds);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LocalQuestion))]
[JsonSerializable(typeof(LocalAnswer))]
[JsonSerializable(typeof(LocalRefusal))]
[JsonSerializable(typeof(LocalQuestions))]
[JsonSerializable(typeof(LocalResults))]
internal sealed partial class LocalJson : JsonSerializerContext;
