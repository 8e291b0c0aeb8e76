using System.Text;

namespace InfoLink.Samples.Registry.Generating;

/// <summary>People as lines of a table, with their codes: for those who try the sample. UTF-8, LF, every field quoted.</summary>
public sealed class ResidentCsv : IDisposable
{
    private const string Heading = "resident_record_code,household,name,kana,sex,birth_date,municipality,address,since,standing,standing_since,former";
    private readonly StreamWriter _lines;

    private ResidentCsv(StreamWriter lines) => _lines = lines;

    /// <exception cref="IOException">The file is there already, or cannot be written.</exception>
    public static ResidentCsv Create(string path)
    {
        var lines = new StreamWriter(new FileStream(path, FileMode.CreateNew), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
        lines.WriteLine(Heading);
        return new ResidentCsv(lines);
    }

    /// <summary>The same people, each written as it passes.</summary>
    public IEnumerable<Resident> Copying(IEnumerable<Resident> people)
    {
        foreach (var person in people)
        {
            _lines.WriteLine(Line(person));
            yield return person;
        }
    }

    public void Dispose() => _lines.Dispose();

    internal static string Line(Resident person)
    {
        var now = person.Current;
        string[] fields =
        [
            person.Code.Reveal(), $"{person.Household}", now.Name, now.Kana, now.Sex, now.BirthDate, now.Municipality, now.Address,
            $"{person.Since:yyyy-MM-dd}", $"{person.Standing}", $"{person.StandingSince:yyyy-MM-dd}", $"{person.History.Length}",
        ];
        return string.Join(',', fields.Select(field => $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\""));
    }
}
