using System.Globalization;
using System.Text;
using InfoLink.Samples.Registry;

namespace InfoLink.Samples.Network;

/// <summary>
/// What two made-up agencies' existing systems hold, for those who connect them: Setagaya's as a script for PostgreSQL, Yokohama's as files that its
/// system exports, in Shift_JIS. The same ten residents of the sample's register are known to both, under identifiers that have nothing in common.
/// </summary>
internal static class Exports
{
    private const int Persons = 10;
    private const int TaxYear = 2026;
    private static readonly Encoding ShiftJis = ShiftJisOrFail();

    /// <summary>Writes <c>existing/setagaya.sql</c>, <c>setagaya-juki.csv</c>, <c>yokohama-juki.csv</c> and <c>yokohama-kazei.csv</c>.</summary>
    public static void Write(string folder, IEnumerable<Resident> residents)
    {
        Directory.CreateDirectory(folder);
        var people = residents.Where(IsWritable).Take(Persons).Select(resident => resident.Current).ToList();
        File.WriteAllText(Path.Combine(folder, "setagaya.sql"), Setagaya(people));
        File.WriteAllLines(Path.Combine(folder, "setagaya-juki.csv"), Juki(people, AtSetagaya));
        File.WriteAllLines(Path.Combine(folder, "yokohama-juki.csv"), Juki(people, AtYokohama), ShiftJis);
        File.WriteAllLines(Path.Combine(folder, "yokohama-kazei.csv"), YokohamasTax(people.Count), ShiftJis);
    }

    private static string AtSetagaya(int person) => Invariant($"S-{77_310 + (person * 37)}");

    private static string AtYokohama(int person) => Invariant($"Y-2026-{417 + person:0000}");

    private static IEnumerable<string> Juki(List<Attributes> people, Func<int, string> id) =>
        [
            "宛名番号,氏名,カナ,住所,生年月日,性別",
            .. people.Select((person, i) => string.Join(',', new[] { id(i), person.Name, person.Kana, person.Address, person.BirthDate, person.Sex }.Select(field => $"\"{field}\""))),
        ];

    /// <summary>A tax system as there are many: short names, codes of its own, days as people write them.</summary>
    private static string Setagaya(List<Attributes> people)
    {
        var script = new StringBuilder(
            """
            -- A made-up tax system, as the agency has it already.
            CREATE SCHEMA setagaya;
            CREATE TABLE setagaya.kazei (
              atena text, nendo integer, kubun text, kinto integer, shotoku bigint, goukei bigint, haigu text, fuyo integer, fuyo16 integer, kettei text,
              PRIMARY KEY (atena, nendo));
            INSERT INTO setagaya.kazei VALUES

            """);
        for (var i = 0; i < people.Count; i++)
        {
            script.Append(CultureInfo.InvariantCulture, $"  ('{AtSetagaya(i)}', {TaxYear}, '03', 3000, {124_500 + (i * 1_700)}, {3_480_000 + (i * 21_000)}, '{i % 2}', {i % 3}, {i % 2}, '令和8年5月15日'){(i == people.Count - 1 ? ";" : ",")}\n");
        }

        return script.ToString();
    }

    private static IEnumerable<string> YokohamasTax(int people) =>
        [
            "宛名番号,賦課年度,課税区分,均等割額,所得割額,合計所得,配偶者,扶養,年少扶養,決定日",
            .. Enumerable.Range(0, people).Select(i => Invariant($"{AtYokohama(i)},{TaxYear},{(i % 4 == 3 ? "09" : "03")},3500,{98_200 + (i * 900)},{2_910_000 + (i * 11_000)},{(i % 2 == 0 ? "有" : "無")},{i % 2},{i % 3},20260612")),
        ];

    private static bool IsWritable(Resident resident)
    {
        try
        {
            _ = ShiftJis.GetByteCount(string.Concat(resident.Current.Name, resident.Current.Kana, resident.Current.Address));
            return true;
        }
        catch (EncoderFallbackException)
        {
            return false; // A character that the old system has no code for; it writes such people in ways of its own.
        }
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static Encoding ShiftJisOrFail()
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        return Encoding.GetEncoding(932, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
    }
}
