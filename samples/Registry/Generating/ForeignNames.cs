namespace InfoLink.Samples.Registry.Generating;

/// <summary>Names as residence cards show them: Latin capitals, the family name first, a middle name or two with some; and kana as the municipality heard them.</summary>
internal sealed record ForeignNames(string Country, IReadOnlyList<NamePart> Family, IReadOnlyList<NamePart> Men, IReadOnlyList<NamePart> Women, IReadOnlyList<NamePart> Middle)
{
    private static readonly Weighted<ForeignNames> Countries = new(Read());

    public static ForeignNames Draw(Dice dice) => Countries.Draw(dice);

    public NamePart Given(bool man, Dice dice)
    {
        var given = dice.Of(man ? Men : Women);
        if (Middle.Count == 0 || dice.Chance(400))
        {
            return given;
        }

        // In Vietnam the middle name stands before the given one, and THI is a woman's.
        var vietnamese = string.Equals(Country, "ベトナム", StringComparison.Ordinal);
        var middle = vietnamese ? Middle[man ? dice.Of([0, 2]) : dice.Of([1, 3])] : dice.Of(Middle);
        return vietnamese ? Joined(middle, given) : Joined(given, middle);
    }

    private static NamePart Joined(NamePart first, NamePart second) => new($"{first.Writing} {second.Writing}", $"{first.Kana}　{second.Kana}");

    private static IEnumerable<(ForeignNames Names, int Weight)> Read()
    {
        foreach (var section in Lists.Lines("foreign-names.txt").Where(line => line[0] != '#').Chunk(5))
        {
            var heading = section[0].Split(' ');
            yield return (new ForeignNames(heading[0], Parts(section[1]), Parts(section[2]), Parts(section[3]), Parts(section[4])), int.Parse(heading[1]));
        }
    }

    /// <summary>Latin words up to a reading in kana are one part: DELA CRUZ デラクルーズ.</summary>
    private static List<NamePart> Parts(string line)
    {
        var parts = new List<NamePart>();
        var latin = new List<string>();
        foreach (var word in line.Split(' ').Skip(1))
        {
            if (char.IsAscii(word[0]))
            {
                latin.Add(word);
                continue;
            }

            parts.Add(new NamePart(string.Join(' ', latin), word));
            latin.Clear();
        }

        return parts;
    }
}
