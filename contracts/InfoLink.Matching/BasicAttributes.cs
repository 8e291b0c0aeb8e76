namespace InfoLink.Matching;

/// <summary>
/// The four basic attributes (４情報) of one person as an agency has written them, and the name's reading. Nothing is required of the text: whatever it
/// is, <see cref="NormalForm.Of"/> says what of it can be used. Never prints a value.
/// </summary>
public sealed record BasicAttributes
{
    /// <summary>The name, 氏名, in any of its characters' forms.</summary>
    public string? Name { get; init; }

    /// <summary>The name's reading, full or half width, hiragana or katakana.</summary>
    public string? Kana { get; init; }

    /// <summary>The address in one line.</summary>
    public string? Address { get; init; }

    /// <summary>The date of birth, in an era or western.</summary>
    public string? BirthDate { get; init; }

    /// <summary>1 or 2, 男 or 女, M or F.</summary>
    public string? Sex { get; init; }

    /// <inheritdoc/>
    public override string ToString() => nameof(BasicAttributes);
}
