namespace InfoLink.Matching;

/// <summary>
/// One record's attributes in normal form, and what is wrong with them. Making one never throws for bad content: what cannot be used is null and named in
/// <see cref="Problems"/>. Never prints a value.
/// </summary>
public sealed class NormalForm
{
    private NormalForm()
    {
    }

    /// <summary>The name; null where there is none that can be used.</summary>
    public NormalName? Name { get; private init; }

    /// <summary>The reading (<see cref="KanaForm"/>); null where there is none that can be used.</summary>
    public string? Kana { get; private init; }

    /// <summary>The place; null where there is none that can be used.</summary>
    public PlaceForm? Address { get; private init; }

    /// <summary>The birth; null where none is given, or it is impossible or cannot be read.</summary>
    public BirthForm? Birth { get; private init; }

    /// <summary>Sex; null where it is not given, not known or cannot be read.</summary>
    public SexForm? Sex { get; private init; }

    /// <summary>What is missing of the required attributes, and what cannot be used.</summary>
    public IReadOnlyList<MatchReason> Problems { get; private init; } = [];

    /// <summary>
    /// Two records that <see cref="AttributeMatch.Compare"/> calls a match have equal keys: look a person up by it, then compare. Null where name, place
    /// or day of birth are missing or cannot be used: such a record matches nobody. It is made of personal values: keep only a keyed digest of it.
    /// </summary>
    public string? Key { get; private init; }

    /// <summary>The normal form of <paramref name="attributes"/>.</summary>
    public static NormalForm Of(BasicAttributes attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        var problems = new SortedSet<MatchReason>(Reasons.InOrder);
        var name = NormalName.Of(attributes.Name, problems);
        var kana = KanaForm.Of(attributes.Kana);
        if (kana is null && !string.IsNullOrWhiteSpace(attributes.Kana))
        {
            problems.Add(Reasons.KanaUnreadable);
        }

        var address = PlaceForm.Of(attributes.Address, problems);
        var birth = BirthForm.Of(attributes.BirthDate, problems);
        var sex = SexForms.Of(attributes.Sex, problems);
        return new NormalForm
        {
            Name = name,
            Kana = kana,
            Address = address,
            Birth = birth,
            Sex = sex,
            Problems = [.. problems],
            Key = name is { Readable: true } && address is { Usable: true } && birth is { Date: { } date } ? $"{name.Key}\u001f{date:yyyyMMdd}\u001f{address.Key}" : null,
        };
    }

    /// <inheritdoc/>
    public override string ToString() => nameof(NormalForm);
}
