namespace InfoLink.Tests.Canary;

/// <summary>The columns of the privacy table (contracts/PRIVACY.md), with link codes and local identifiers by the agency whose they are.</summary>
internal enum Column
{
    Number,
    BasicAttributes,
    ResidentRecordCode,
    IdCode,
    RequesterCode,
    ProviderCode,
    ThirdCode,
    Value,
    RequesterId,
    ProviderId,
    ThirdId,
}

/// <summary>One marked value: whose, what it is, and every form in which a program may have written it.</summary>
/// <param name="Column">Where it stands in the privacy table.</param>
/// <param name="Person">Which of the marked persons, by the part that she plays.</param>
/// <param name="What">What it is, in a word.</param>
/// <param name="Forms">See <see cref="MarkForms"/>.</param>
internal sealed record Mark(Column Column, string Person, string What, IReadOnlyList<MarkForm> Forms)
{
    public override string ToString() => $"{Person}'s {What}";
}

/// <summary>Bytes to look for.</summary>
/// <param name="Encoding">How the mark is written in them.</param>
/// <param name="Whole">All of it.</param>
/// <param name="Needed">So many bytes from the beginning are a find: a truncated value is a leaked value.</param>
/// <param name="Unit">0: found wherever it stands. 1 or 2: digits of so many bytes each, of which a part is a find only where it stands alone, since digits also stand in hashes.</param>
internal sealed record MarkForm(string Encoding, byte[] Whole, int Needed, int Unit = 0);

/// <summary>A mark that was found.</summary>
internal sealed record Sighting(Mark Mark, string Encoding, bool Whole, long Offset)
{
    public override string ToString() => $"{Mark} ({Encoding}{(Whole ? "" : ", a part")}) at {Offset}";
}
