using static InfoLink.Matching.MatchAttribute;
using static InfoLink.Matching.MatchWeight;

namespace InfoLink.Matching;

/// <summary>All reasons. Ids are stable; an example of each is in SPEC "Matching".</summary>
internal static class Reasons
{
    public static readonly MatchReason NameMissing = new("name-missing", Name, Against,
        "No name is given. Ask for it: three attributes without sex are the least.", "氏名がありません。氏名・住所・生年月日の三情報が最低限必要です。氏名を確認してください。");

    public static readonly MatchReason NameTooLong = new("name-too-long", Name, Against,
        "What stands as name is longer than 500 characters. Look whether another field has slipped in.", "氏名の欄が500字を超えています。別の項目が混入していないか確認してください。");

    public static readonly MatchReason NameDiffers = new("name-differs", Name, Against,
        "The names differ. If the person has changed the name, compare with the former one.", "氏名が異なります。改姓等がある場合は旧氏名でも照合してください。");

    public static readonly MatchReason NameUnreadable = new("name-unreadable-character", Name, Undecided,
        "The name has a character that only its own system can show (gaiji, unassigned, or lost in conversion). Compare the written name by eye.", "氏名に外字・未割当・変換不能の文字があります。原本の字形を目視で確認してください。");

    public static readonly MatchReason NameVariant = new("name-variant-undecided", Name, Undecided,
        "The names differ in characters that some sources hold for one and others not. Compare with the family register.", "同一とする根拠が定まらない異体字の違いがあります。戸籍の文字と照合してください。");

    public static readonly MatchReason NameLookAlike = new("name-look-alike", Name, Undecided,
        "The names differ in characters of nearly the same shape (カ and 力, ョ and ヨ, É and E). One may be mistyped; look at the written name.", "字形の似た文字（カと力、ョとヨ、ÉとE等）の違いがあります。入力誤りがないか原本を確認してください。");

    public static readonly MatchReason NameSplit = new("name-split-differs", Name, Undecided,
        "The same characters, divided differently into family and given name. Ask where the family name ends.", "氏と名の区切り位置が異なります。氏名の区切りを確認してください。");

    public static readonly MatchReason KanaUnreadable = new("kana-unreadable", Kana, Note,
        "The reading cannot be used and was not compared.", "カナ氏名を読み取れないため、照合に使用していません。");

    public static readonly MatchReason KanaNear = new("kana-near", Kana, Undecided,
        "The readings differ only in voicing, long vowels or ヲ・ヅ・ヂ. Ask which is right.", "カナ氏名が濁点・長音・ヲヅヂ等の範囲で異なります。読みを確認してください。");

    public static readonly MatchReason KanaDiffers = new("kana-differs", Kana, Against,
        "The readings differ. The same characters can be two persons' names: ask for the reading.", "カナ氏名が異なります。同じ漢字でも別人の場合があります。読みを確認してください。");

    public static readonly MatchReason AddressMissing = new("address-missing", MatchAttribute.Address, Against,
        "No address is given. Ask for it: three attributes without sex are the least.", "住所がありません。氏名・住所・生年月日の三情報が最低限必要です。住所を確認してください。");

    public static readonly MatchReason AddressTooLong = new("address-too-long", MatchAttribute.Address, Against,
        "What stands as address is longer than 1,000 characters. Look whether another field has slipped in.", "住所の欄が1,000字を超えています。別の項目が混入していないか確認してください。");

    public static readonly MatchReason AddressDiffers = new("address-differs", MatchAttribute.Address, Against,
        "The addresses differ. If the person has moved, compare with the former one.", "住所が異なります。転居の場合は前住所でも照合してください。");

    public static readonly MatchReason AddressRoomDiffers = new("address-room-differs", MatchAttribute.Address, Against,
        "The same lot, and different rooms.", "番地は同じですが、部屋番号が異なります。");

    public static readonly MatchReason AddressUnreadable = new("address-unreadable-character", MatchAttribute.Address, Undecided,
        "The address has a character that only its own system can show, or that was lost. Compare the written address by eye.", "住所に外字・未割当・変換不能の文字があります。原本を目視で確認してください。");

    public static readonly MatchReason AddressMunicipality = new("address-municipality-undecided", MatchAttribute.Address, Undecided,
        "One address does not say enough which municipality it is in (several bear the name, or the prefecture or ward is left out). Ask for the full address.", "市区町村を特定できない住所があります（同名の市区町村がある、または都道府県・区の省略）。省略のない住所を確認してください。");

    public static readonly MatchReason AddressNumber = new("address-number-missing", MatchAttribute.Address, Undecided,
        "The addresses agree as far as they go, but a lot number is missing. Ask for 番地.", "住所は途中まで一致しますが、番地等がありません。番地まで確認してください。");

    public static readonly MatchReason AddressNumberPart = new("address-number-incomplete", MatchAttribute.Address, Undecided,
        "The addresses agree as far as they go, but one has a further number: a lot's branch, 号, or a room. Ask for the full number.", "住所は途中まで一致しますが、一方に枝番・号・部屋番号と思われる数字が続きます。番号の全体を確認してください。");

    public static readonly MatchReason AddressStreet = new("address-street-undecided", MatchAttribute.Address, Undecided,
        "The towns agree, the names of streets (通り名) do not. In Kyoto one ward can have a town's name twice: ask for both.", "町名は一致しますが、通り名が一致しません。京都では同じ区に同名の町があります。通り名を確認してください。");

    public static readonly MatchReason AddressBuildingDiffers = new("address-building-differs", MatchAttribute.Address, Undecided,
        "The same lot, and different building names. Ask whether they are one building.", "番地は同じですが、建物名が異なります。同じ建物か確認してください。");

    public static readonly MatchReason AddressBuilding = new("address-building-one-side", MatchAttribute.Address, Note,
        "Building or room stand on one side only.", "建物名・部屋番号が一方にのみ記載されています。");

    public static readonly MatchReason BirthMissing = new("birth-date-missing", Birth, Against,
        "No date of birth is given. Ask for it: three attributes without sex are the least.", "生年月日がありません。氏名・住所・生年月日の三情報が最低限必要です。生年月日を確認してください。");

    public static readonly MatchReason BirthImpossible = new("birth-date-impossible", Birth, Against,
        "There is no such day: the month or the era has no such date. Correct it at the source.", "存在しない日付です（暦または元号の範囲外）。元の記録を訂正してください。");

    public static readonly MatchReason BirthUnreadable = new("birth-date-unreadable", Birth, Against,
        "The date of birth cannot be read. Write it as 1980-03-05 or 昭和55年3月5日.", "生年月日を読み取れません。1980-03-05または昭和55年3月5日の形で記載してください。");

    public static readonly MatchReason BirthDiffers = new("birth-date-differs", Birth, Against,
        "The dates of birth differ.", "生年月日が異なります。");

    public static readonly MatchReason BirthUnknown = new("birth-date-unknown", Birth, Undecided,
        "The day of birth is not known, or only in part. Confirm the person by other documents.", "生年月日の全部または一部が不詳です。他の資料で本人を確認してください。");

    public static readonly MatchReason BirthLunar = new("birth-date-lunar", Birth, Undecided,
        "A date before 明治6年1月1日 is one of the old calendar and is not converted.", "明治6年1月1日より前の日付は旧暦のため換算しません。原本の日付を確認してください。");

    public static readonly MatchReason SexUnreadable = new("sex-unreadable", MatchAttribute.Sex, Note,
        "What stands as sex cannot be read and was not compared.", "性別の欄を読み取れないため、照合に使用していません。");

    public static readonly MatchReason SexMissing = new("sex-missing", MatchAttribute.Sex, Note,
        "Sex is not given on both sides; name, address and date of birth were compared.", "性別が双方にないため、氏名・住所・生年月日の三情報で照合しました。");

    public static readonly MatchReason SexDiffers = new("sex-differs", MatchAttribute.Sex, Against,
        "Sex differs.", "性別が異なります。");

    public static readonly MatchReason SeveralPersons = new("several-persons", Person, Undecided,
        "More than one person could be meant. Ask for what tells them apart.", "該当し得る人が複数います。区別できる情報を確認してください。");

    public static readonly MatchReason NobodyFound = new("nobody-found", Person, Against,
        "Nobody has these attributes.", "該当する人がいません。");

    public static IReadOnlyList<MatchReason> All { get; } =
    [
        SeveralPersons, NobodyFound,
        NameMissing, NameTooLong, NameDiffers, NameUnreadable, NameVariant, NameLookAlike, NameSplit,
        KanaDiffers, KanaNear, KanaUnreadable,
        AddressMissing, AddressTooLong, AddressDiffers, AddressRoomDiffers, AddressUnreadable, AddressMunicipality, AddressNumber, AddressNumberPart,
        AddressStreet, AddressBuildingDiffers, AddressBuilding,
        BirthMissing, BirthImpossible, BirthUnreadable, BirthDiffers, BirthUnknown, BirthLunar,
        SexDiffers, SexUnreadable, SexMissing,
    ];

    private static readonly Dictionary<string, int> Place = All.Select((reason, index) => (reason.Id, index)).ToDictionary(pair => pair.Id, pair => pair.index, StringComparer.Ordinal);

    /// <summary>The order in which reasons are told.</summary>
    public static Comparer<MatchReason> InOrder { get; } = Comparer<MatchReason>.Create((a, b) => Place[a.Id].CompareTo(Place[b.Id]));
}
