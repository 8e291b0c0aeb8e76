namespace InfoLink.Matching;

/// <summary>An address in normal form (SPEC "Matching", rule 4). Its text is printed only by whoever asks for <see cref="Text"/>.</summary>
public sealed class PlaceForm
{
    /// <summary>Of an address as written, in UTF-16 code units.</summary>
    public const int LongestText = 1000;

    /// <summary>The normal form as text, with building and room.</summary>
    public string Text { get; internal init; } = "";

    /// <summary>Prefecture (都道府県); null where it is not known.</summary>
    public string? Prefecture { get; internal init; }

    /// <summary>Code of municipality or ward, 6 digits; null where it is not known.</summary>
    public string? Code { get; internal init; }

    internal bool Usable { get; init; }

    internal string Key { get; init; } = "";

    /// <summary>The normal form of an address; never throws for bad content. Null where there is none, or it is longer than <see cref="LongestText"/>.</summary>
    public static PlaceForm? Of(string? address) => Of(address, new SortedSet<MatchReason>(Reasons.InOrder));

    /// <inheritdoc/>
    public override string ToString() => nameof(PlaceForm);

    internal static PlaceForm? Of(string? address, SortedSet<MatchReason> problems)
    {
        if (string.IsNullOrWhiteSpace(address))
        {
            problems.Add(Reasons.AddressMissing);
            return null;
        }

        if (address.Length > LongestText)
        {
            problems.Add(Reasons.AddressTooLong);
            return null;
        }

        var text = InfoLink.Matching.Text.PlainText.Of(address);
        return new PlaceForm { Text = text, Key = text, Usable = text.Length > 0 };
    }
}
