using InfoLink.Matching.Text;

namespace InfoLink.Matching;

/// <summary>Sex, as the resident register's code.</summary>
public enum SexForm
{
    /// <summary>男.</summary>
    Male = 1,

    /// <summary>女.</summary>
    Female = 2,
}

internal static class SexForms
{
    private const int LongestText = 16;

    public static SexForm? Of(string? text, SortedSet<MatchReason> problems)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        switch (text.Length > LongestText ? "" : PlainText.Of(text).Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant())
        {
            case "1" or "01" or "男" or "男性" or "男子" or "M" or "MALE" or "オトコ" or "おとこ":
                return SexForm.Male;
            case "2" or "02" or "女" or "女性" or "女子" or "F" or "FEMALE" or "オンナ" or "おんな":
                return SexForm.Female;
            case "0" or "9" or "不明" or "不詳":
                return null; // Not known is not given.
            default:
                problems.Add(Reasons.SexUnreadable);
                return null;
        }
    }
}
