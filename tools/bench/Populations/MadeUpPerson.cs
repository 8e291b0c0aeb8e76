using InfoLink.Matching;
using InfoLink.Matching.Places;

namespace InfoLink.Bench.Populations;

/// <summary>A name with its reading; <see cref="Forms"/> are the other ways in which its kanji are written.</summary>
internal sealed record MadeUpName(string Kanji, string Kana, params string[] Forms);

/// <summary>Where somebody lives, in parts, so that it can be written in many ways.</summary>
internal sealed record MadeUpPlace(Municipality Municipality, string Town, int Chome, int Lot, int Number, string Building, int Room);

/// <summary>One person who does not exist: what is true of it, whoever writes it down.</summary>
internal sealed record MadeUpPerson(MadeUpName Family, MadeUpName Given, DateOnly Birth, SexForm Sex, MadeUpPlace Place)
{
    private static readonly MadeUpName[] Families =
    [
        new("高橋", "タカハシ", "髙橋", "高槗", "髙槗"), new("渡辺", "ワタナベ", "渡邊", "渡邉"), new("斎藤", "サイトウ", "齋藤"), new("斉藤", "サイトウ", "齊藤"), new("沢田", "サワダ", "澤田"),
        new("山崎", "ヤマザキ", "山﨑"), new("浜田", "ハマダ", "濱田", "濵田"), new("桜井", "サクライ", "櫻井"), new("広瀬", "ヒロセ", "廣瀬", "廣瀨"), new("吉田", "ヨシダ", "𠮷田"),
        new("国分", "コクブン", "國分"), new("富田", "トミタ", "冨田"), new("滝沢", "タキザワ", "瀧澤", "滝澤"), new("島田", "シマダ", "嶋田", "嶌田"), new("辻", "ツジ", "辻\U000E0100"),
        new("佐々木", "ササキ", "佐佐木"), new("遠藤", "エンドウ"), new("渡部", "ワタナベ"), new("高木", "タカギ", "髙木"), new("栄木", "サカキ", "榮木"), new("与田", "ヨダ", "與田"),
        new("小野", "オノ"), new("大野", "オオノ"), new("佐藤", "サトウ"), new("鈴木", "スズキ"), new("田中", "タナカ"), new("伊藤", "イトウ"), new("山本", "ヤマモト"), new("中村", "ナカムラ"),
        new("小林", "コバヤシ"), new("加藤", "カトウ"), new("林", "ハヤシ"), new("林田", "ハヤシダ"), new("一ノ瀬", "イチノセ", "一ノ瀨"), new("九鬼", "クキ"), new("三条", "サンジョウ", "三條"),
    ];

    private static readonly MadeUpName[] Givens =
    [
        new("一郎", "イチロウ", "一郞"), new("二郎", "ジロウ"), new("三郎", "サブロウ"), new("恵子", "ケイコ", "惠子"), new("敬子", "ケイコ"), new("圭子", "ケイコ"), new("京子", "キョウコ"),
        new("清子", "キヨコ"), new("真一", "シンイチ", "眞一"), new("慎一", "シンイチ", "愼一"), new("さくら", "サクラ"), new("桜", "サクラ", "櫻"), new("正浩", "マサヒロ", "正澔"), new("栄", "サカエ", "榮"),
        new("弘", "ヒロシ"), new("浩", "ヒロシ"), new("寛", "ヒロシ", "寬"), new("徳子", "ノリコ", "德子"), new("典子", "ノリコ"), new("翔太", "ショウタ"), new("陽", "ヨウ"), new("みすず", "ミスズ", "みすゞ"),
        new("礼子", "レイコ", "禮子"), new("玲子", "レイコ"), new("静", "シズカ", "靜"), new("実", "ミノル", "實"), new("稔", "ミノル"), new("康弘", "ヤスヒロ"), new("泰広", "ヤスヒロ", "泰廣"), new("結衣", "ユイ"),
    ];

    private static readonly string[] Towns =
    [
        "本町", "中央", "栄町", "緑町", "桜ケ丘", "東町", "西町", "南町", "北町", "山ノ手", "松原", "沢渡", "浜ノ宮", "竜泉寺", "広野", "竹ノ塚", "市場", "神明町", "八幡", "三条", "一番町", "二番町", "千代田", "上野", "下野", "新田",
    ];

    private static readonly string[] Buildings = ["コーポ桜", "サンハイツ", "グリーンマンション", "メゾン中央", "第二山本荘"];

    public static MadeUpPerson New(Draw draw)
    {
        var town = draw.Of(Towns);
        var building = draw.In(300) ? draw.Of(Buildings) : "";
        return new MadeUpPerson(
            draw.Of(Families),
            draw.Of(Givens),
            new DateOnly(1926, 12, 25).AddDays(draw.Below(36_000)),
            draw.In(500) ? SexForm.Male : SexForm.Female,
            new MadeUpPlace(draw.Of(Municipalities.All), town, draw.In(600) ? 1 + draw.Below(9) : 0, 1 + draw.Below(draw.In(500) ? 30 : 2500), 1 + draw.Below(30), building, building.Length > 0 ? 101 + draw.Below(800) : 0));
    }

    /// <summary>Somebody else who is as near to this one as people come: a twin, a namesake, a neighbour, or anybody.</summary>
    public MadeUpPerson Another(Draw draw)
    {
        for (; ; )
        {
            var other = draw.Below(9) switch
            {
                0 => this with { Given = draw.Of(Givens) },
                1 => this with { Family = draw.Of(Families) },
                2 => this with { Birth = Birth.AddDays(draw.In(500) ? 1 : 366) },
                3 => this with { Sex = Sex == SexForm.Male ? SexForm.Female : SexForm.Male },
                4 => this with { Place = Place with { Lot = Place.Lot + 1 + draw.Below(20) } },
                5 => this with { Place = Place with { Number = 1 + draw.Below(30) } },
                6 => this with { Place = Place with { Chome = Place.Chome == 0 ? 0 : 1 + Place.Chome % 9, Town = Place.Chome == 0 ? draw.Of(Towns) : Place.Town } },
                7 => this with { Place = Place with { Municipality = draw.Of(Municipalities.All) } },
                _ => New(draw),
            };
            if (other != this)
            {
                return other;
            }
        }
    }
}
