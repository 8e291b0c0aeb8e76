using System.Globalization;
using System.Text;
using InfoLink.Matching.Text;

namespace InfoLink.Matching.Places;

/// <summary>What the first number of a lot is.</summary>
internal enum FirstNumber
{
    /// <summary>Not said: 1-2-3.</summary>
    Bare,

    /// <summary>丁目.</summary>
    Chome,

    /// <summary>番地 or 番.</summary>
    Lot,
}

/// <summary>
/// Reads what follows the municipality (SPEC "Matching", rules 4.3 to 4.6): the town's name, the numbers, and what follows them. One pass, nothing is
/// read twice but the run of a number.
/// </summary>
internal sealed partial class LotReader
{
    private const int MostChome = 42; // 帯広市西十九条南四十二丁目 is the highest.
    private const string InTown = "東西南北甲乙丙丁字"; // What goes on with a town's name after 丁目.
    private const string SeriesNames = "甲乙丙丁戊己庚辛壬癸"; // Lots are counted anew under such a name, as under イ, ロ, ハ.

    private static readonly string[] TownUnits = ["番町", "番丁", "番通", "番組", "条", "線", "の通り", "ノ通り", "通り", "区", "部", "軒", "本松"];
    private static readonly string[] RoomUnits = ["号室", "号棟", "号館", "号車", "階", "棟", "室", "F", "LDK"];
    private static readonly string[] NoNumber = ["番外地", "無番地", "番地なし", "地番なし"];

    private readonly string _text;
    private readonly StringBuilder _town = new();
    private int _at;

    private LotReader(string text) => _text = text;

    /// <summary>The town's name, not yet in its form.</summary>
    public string Town => _town.ToString();

    public List<string> Numbers { get; } = [];

    public FirstNumber First { get; private set; }

    /// <summary>Is there a number of a lot? 丁目 alone is a part of the town.</summary>
    public bool HasLot => Numbers.Count > (First == FirstNumber.Chome ? 1 : 0);

    /// <summary>Is 丁目 only concluded from the number of parts?</summary>
    public bool IsFirstConcluded { get; private set; }

    /// <summary>A further number that is a room's or a lot's branch: it is not said.</summary>
    public string? Further { get; private set; }

    /// <summary>Building, room, remark: what stands after the numbers.</summary>
    public string Rest { get; private set; } = "";

    public static LotReader Read(string text)
    {
        var reader = new LotReader(Hyphens(text));
        reader.ReadTown();
        reader.Conclude();
        return reader;
    }

    private void ReadTown()
    {
        while (_at < _text.Length)
        {
            var each = _text[_at];
            if (each == ' ')
            {
                _at++;
            }
            else if (each == '(' && _text.IndexOf(')', _at) is > 0 and var end)
            {
                if (end + 1 >= _text.Length)
                {
                    ReadRest();
                    return;
                }

                _at = end + 1; // Another name for the place, and the number is still to come.
            }
            else if (NumberAt(_at, out var after) is { } number)
            {
                if (ReadNumberInTown(number, after))
                {
                    return;
                }
            }
            else if (IsLetter(_at) && (_at == 0 || !IsLetter(_at - 1)) && (IsDigit(_at + 1) || (At(_at + 1) == '-' && IsDigit(_at + 2))))
            {
                ReadNumbers();
                return;
            }
            else if (StartsWithAny(_at, NoNumber) is { } none)
            {
                Numbers.Add("無番地");
                First = FirstNumber.Lot;
                _at += none.Length;
                ReadRest();
                return;
            }
            else if (each is 'の' or 'ノ' && IsDigit(_at + 1) && IsSeries())
            {
                _at++;
            }
            else
            {
                _town.Append(each);
                _at++;
            }
        }
    }

    /// <returns>Is the town's name over?</returns>
    private bool ReadNumberInTown(string number, int after)
    {
        var isKanji = Numerals.IsKanji(_text[_at]);
        var value = isKanji ? Numerals.Value(number) : Small(number);
        if (value is { } chome && (StartsWith(after, "丁目") || (At(after) == '丁' && (after + 1 == _text.Length || At(after + 1) is ' ' or '-' || IsNumber(after + 1)))))
        {
            return ReadChome(chome, after + (StartsWith(after, "丁目") ? 2 : 1));
        }

        if (value is { } ordinal && StartsWith(after, "地割"))
        {
            _town.Length -= _town.Length > 0 && _town[^1] == '第' ? 1 : 0; // 第4地割 is 4地割.
            _town.Append(ordinal.ToString(CultureInfo.InvariantCulture)).Append("地割");
            _at = after + 2;
            return false;
        }

        if (value is > 0 and < 10_000 and var named && StartsWithAny(after, TownUnits) is { } unit)
        {
            _town.Append(isKanji ? number : Numerals.ToKanji(named)).Append(unit.EndsWith("通り", StringComparison.Ordinal) ? "の通り" : unit);
            _at = after + unit.Length;
            return false;
        }

        if (!isKanji || IsLotUnit(after) || (At(after) is 'の' or '-' && IsNumber(after + 1)) || (At(after) == '-' && IsLetter(after + 1)))
        {
            if (isKanji && value is null)
            {
                _town.Append(number);
                _at = after;
                return false;
            }

            ReadNumbers();
            return true;
        }

        _town.Append(number); // 八千代, 四谷: a name.
        _at = after;
        return false;
    }

    private bool ReadChome(int chome, int after)
    {
        if (after < _text.Length && (InTown.Contains(At(after), StringComparison.Ordinal) || (EndsInTurn() && At(after) != ' ' && !IsNumber(after))))
        {
            _town.Append(Numerals.ToKanji(chome)).Append("丁目");
            _at = after;
            return false;
        }

        Numbers.Add(chome.ToString(CultureInfo.InvariantCulture));
        First = FirstNumber.Chome;
        _at = after;
        SkipBlanks();
        if (At(_at) is '-' or 'の' or 'ノ' && IsNumber(_at + 1))
        {
            _at++;
        }

        ReadNumbers();
        return true;
    }

    /// <summary>Numbers with what joins them. A number that is said to be a room, or has a letter behind it, is none of them.</summary>
    private void ReadNumbers()
    {
        while (TokenAt(_at, out var after) is { } token)
        {
            if (StartsWithAny(after, RoomUnits) is not null || (Numbers.Count > 0 && char.IsAsciiLetter(token[^1])))
            {
                break;
            }

            Numbers.Add(token);
            _at = after;
            if (!ReadJoint())
            {
                break;
            }
        }

        ReadRest();
    }

    /// <returns>Does another number follow?</returns>
    private bool ReadJoint()
    {
        if (StartsWith(_at, "番地") || (At(_at) == '番' && !StartsWith(_at, "番館")))
        {
            First = Numbers.Count == 1 ? FirstNumber.Lot : First;
            if (StartsWith(_at, "番地"))
            {
                _at += 2; // What follows a blank now is a room.
            }
            else
            {
                _at++;
                SkipBlanks();
            }

            _at += At(_at) is 'の' or 'ノ' or '之' or '-' && TokenAt(_at + 1, out _) is not null ? 1 : 0;
            return true;
        }

        if (At(_at) == '号' && !StartsWith(_at, "号室"))
        {
            _at++;
            if (At(_at) is 'の' or 'ノ' or '-' && TokenAt(_at + 1, out var after) is { } room && StartsWithAny(after, RoomUnits) is null && !char.IsAsciiLetter(room[^1]))
            {
                (Further, _at) = (room, after);
            }

            return false;
        }

        if (At(_at) is '-' or 'の' or 'ノ' && TokenAt(_at + 1, out _) is not null)
        {
            _at++;
            return true;
        }

        return false;
    }

    private void ReadRest()
    {
        Rest = _text[_at..].Trim(' ', '-', ',', '、');
        _at = _text.Length;
    }

    private void Conclude()
    {
        if (First == FirstNumber.Bare && Numbers.Count > 0 && Small(Numbers[0]) is > 0 and <= MostChome && (Numbers.Count >= 3 || EndsInJoHeading()))
        {
            (First, IsFirstConcluded) = (FirstNumber.Chome, true);
        }

        if (First == FirstNumber.Chome && Numbers.Count > 3)
        {
            Further = string.Join('-', Numbers[3..]) + (Further is null ? "" : "-" + Further);
            Numbers.RemoveRange(3, Numbers.Count - 3);
        }
    }

    /// <summary>南二条西1 is 南二条西一丁目: in a town of 条 and a direction the next number is 丁目.</summary>
    private bool EndsInJoHeading() => _town.Length >= 2 && _town[^2] == '条' && _town[^1] is '東' or '西' or '南' or '北';

    /// <summary>In Kyoto 三条下る二丁目山崎町 is a way to a town, not a number of it.</summary>
    private bool EndsInTurn() => _town.Length >= 2 && (_town[^1] == 'る' ? _town[^2] is '上' or '下' : _town[^1] == '入' && _town[^2] is '東' or '西');

    private bool IsSeries() => _town.Length > 0 && (SeriesNames.Contains(_town[^1], StringComparison.Ordinal)
        || (_town[^1] is >= 'ァ' and <= 'ヺ' && (_town.Length == 1 || _town[^2] is not (>= 'ァ' and <= 'ー'))));

    private bool IsLotUnit(int at) => StartsWith(at, "番地")
        || (At(at) == '番' && (at + 1 == _text.Length || At(at + 1) is ' ' or 'の' or 'ノ' or '-' || IsNumber(at + 1)));
}
