using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Tool.Numbers;

/// <summary>A kind of number with a check digit.</summary>
/// <param name="Id">How it is named on the command line.</param>
/// <param name="Name">For people.</param>
/// <param name="Length">Its digits.</param>
/// <param name="IsRight">Does a text of so many ASCII digits have the right check digit?</param>
internal sealed record NumberKind(string Id, string Name, int Length, Func<string, bool> IsRight)
{
    public static IReadOnlyList<NumberKind> All { get; } =
    [
        new("individual", "individual number (個人番号)", IndividualNumber.Length, digits => IndividualNumber.TryParse(digits, out _)),
        new("corporate", "corporate number (法人番号)", CorporateNumber.Length, digits => CorporateNumber.TryParse(digits, out _)),
        new("resident-record", "resident record code (住民票コード)", ResidentRecordCode.Length, digits => ResidentRecordCode.TryParse(digits, out _)),
        new("local-government", "local-government code (全国地方公共団体コード)", LocalGovernmentCode.Length, digits => LocalGovernmentCode.TryParse(digits, out _)),
    ];

    /// <summary>All of them with their lengths, for those who gave something else.</summary>
    public static string Lengths => string.Join(", ", All.Select(kind => $"{kind.Name} {kind.Length}"));
}
