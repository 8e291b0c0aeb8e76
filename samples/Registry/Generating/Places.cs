namespace InfoLink.Samples.Registry.Generating;

/// <summary>An address in the registry's one notation, and the municipality it lies in.</summary>
internal sealed record Place(string Address, string Municipality)
{
    /// <summary>On the register of no municipality's ground: 住所不定.</summary>
    public static readonly Place NoFixedAddress = new("住所不定", "");
}

/// <summary>
/// Addresses as resident registers write them, with prefecture, kanji for the 丁目 and full-width digits: 神奈川県横浜市鶴見区栄町三丁目１４番１号　コーポ栄町２０１号;
/// 青森県三戸町大字上野字前田１２３番地４. Municipalities are real; their towns are names that are common all over Japan, the same ones in every run.
/// </summary>
internal static class Places
{
    private const ulong TownSeed = 20_260_401;
    private static readonly IReadOnlyList<string[]> Towns = [.. Lists.Lines("towns.txt").Where(line => line[0] != '#').Select(line => line.Split(' '))];
    private static readonly Weighted<int> ByWeight = new(Municipalities.All.Select((municipality, index) => (index, municipality.Weight)));
    private static readonly Dictionary<string, Weighted<int>> ByPrefecture = Municipalities.All.Select((municipality, index) => (municipality, index))
        .GroupBy(each => each.municipality.Prefecture, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => new Weighted<int>(group.Select(each => (each.index, each.municipality.Weight))), StringComparer.Ordinal);

    private static readonly TownForm[][] Plans = [.. Municipalities.All.Select(PlanOf)];

    private static string[] Buildings => Towns[4];

    /// <summary>Index of a municipality, the larger ones more often.</summary>
    public static int Municipality(Dice dice) => ByWeight.Draw(dice);

    /// <summary>Where somebody from here moves to or has come from: the same municipality, the same prefecture, or anywhere.</summary>
    public static int Near(int municipality, Dice dice)
    {
        var how = dice.Below(10);
        return how < 4 ? municipality
            : how < 7 ? ByPrefecture[Municipalities.All[municipality].Prefecture].Draw(dice)
            : Municipality(dice);
    }

    public static Place Draw(int municipality, Dice dice)
    {
        var where = Municipalities.All[municipality];
        var town = dice.Of(Plans[municipality]);
        var number = town.Chome > 0
            ? $"{Kanji(dice.Between(1, town.Chome))}丁目{Wide(dice.Between(1, 30))}番{Wide(dice.Between(1, 25))}号"
            : $"{Wide(dice.Between(1, 3200))}番地{(dice.Chance(500) ? Wide(dice.Between(1, 20)) : "")}";
        var building = dice.Chance(town.Chome > 0 ? 420 : 120) ? $"　{Building(town, dice)}{Wide((dice.Between(1, 9) * 100) + dice.Between(1, 12))}号" : "";
        return new Place($"{where.Prefecture}{where.Name}{town.Name}{number}{building}", where.Code);
    }

    private static string Building(TownForm town, Dice dice)
    {
        const int Behind = 4;
        var kind = dice.Below(Buildings.Length);
        return kind < Buildings.Length - Behind ? Buildings[kind] + town.Short : town.Short + Buildings[kind];
    }

    /// <summary>一 to 十二 are all that occur.</summary>
    internal static string Kanji(int number)
    {
        const string Digits = "〇一二三四五六七八九";
        return number < 10 ? $"{Digits[number]}" : number == 10 ? "十" : $"十{Digits[number - 10]}";
    }

    internal static string Wide(int number) => string.Concat(number.ToString().Select(digit => (char)(digit - '0' + '０')));

    /// <summary>A municipality's towns, from its code alone: ten or more, in villages mostly 大字.</summary>
    private static TownForm[] PlanOf(Municipality municipality)
    {
        var dice = new Dice(TownSeed, ulong.Parse(municipality.Code));
        var rural = municipality.Name[^1] is '町' or '村';
        var towns = new Dictionary<string, TownForm>(StringComparer.Ordinal);
        for (var wanted = Math.Min(30, 10 + (municipality.Weight / 60)); towns.Count < wanted;)
        {
            var form = dice.Below(100);
            var town = form < (rural ? 20 : 70) ? WithChome(dice) : form < (rural ? 35 : 85) ? new TownForm(dice.Of(Towns[1]), Chome: 0) : Oaza(dice);
            towns.TryAdd(town.Short, town);
        }

        return [.. towns.Values];
    }

    private static TownForm WithChome(Dice dice) => new(dice.Of(Towns[0]), dice.Between(2, 9));

    private static TownForm Oaza(Dice dice)
    {
        var name = dice.Of(Towns[2]);
        return new TownForm($"大字{name}{(dice.Chance(350) ? $"字{dice.Of(Towns[3])}" : "")}", Chome: 0) { Short = name };
    }

    /// <param name="Name">As it stands in addresses.</param>
    /// <param name="Chome">How many 丁目 it has; 0 for numbers of plots.</param>
    private sealed record TownForm(string Name, int Chome)
    {
        public string Short { get; init; } = Name;
    }
}
