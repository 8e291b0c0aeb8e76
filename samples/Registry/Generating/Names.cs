namespace InfoLink.Samples.Registry.Generating;

/// <summary>A part of a name, as it is written and as it is read (katakana).</summary>
internal sealed record NamePart(string Writing, string Kana);

/// <summary>
/// Surnames by their known rank and given names by year of birth. A surname's share falls with its rank about as it does in Japan, where the first has one and a half percent.
/// </summary>
internal static class Names
{
    private static readonly Weighted<NamePart> Surnames = new(Lists.Lines("surnames.txt")
        .Select((line, rank) => (Part(line.Split(' ')), Weight: 100_000 / (rank + 9))));

    private static readonly IReadOnlyList<Era> Eras = [.. ReadEras()];

    /// <summary>A surname as a family has it on the register: in twenty families of a hundred that could have it, with a variant character.</summary>
    public static NamePart Surname(Dice dice)
    {
        var drawn = Surnames.Draw(dice);
        return dice.Chance(200) ? drawn with { Writing = VariantCharacters.Vary(drawn.Writing, dice) } : drawn;
    }

    public static NamePart Given(bool man, DateOnly birth, Dice dice)
    {
        var drawn = EraOf(man, birth).Names.Draw(dice);
        return dice.Chance(40) ? drawn with { Writing = VariantCharacters.Vary(drawn.Writing, dice) } : drawn;
    }

    /// <summary>A name of its time that shares its first character with this one, as families like it; null where its time has none.</summary>
    public static NamePart? Alike(NamePart name, bool man, DateOnly birth, Dice dice)
    {
        var alike = EraOf(man, birth).ByFirst[name.Writing[0]].Where(each => !string.Equals(each.Writing, name.Writing, StringComparison.Ordinal)).ToList();
        return alike.Count == 0 ? null : dice.Of(alike);
    }

    private static Era EraOf(bool man, DateOnly birth) => Eras.First(era => era.Man == man && (birth.Year <= era.Last || era.Last == Eras[^1].Last));

    private static IEnumerable<Era> ReadEras()
    {
        var lines = Lists.Lines("given-names.txt").Where(line => line[0] != '#').ToList();
        for (var i = 0; i < lines.Count; i += 2)
        {
            var heading = lines[i].Split([' ', '-']);
            var names = lines[i + 1].Split(' ').Chunk(2).Select(Part).ToList();
            yield return new Era(
                int.Parse(heading[1]),
                string.Equals(heading[2], "M", StringComparison.Ordinal),
                new Weighted<NamePart>(names.Select((name, rank) => (name, Weight: 1000 / (rank + 8)))),
                names.ToLookup(name => name.Writing[0]));
        }
    }

    private static NamePart Part(string[] pair) => new(pair[0], pair[1]);

    private sealed record Era(int Last, bool Man, Weighted<NamePart> Names, ILookup<char, NamePart> ByFirst);
}
