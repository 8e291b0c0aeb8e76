using InfoLink.Contracts.Identifiers;
using InfoLink.Hosting;

namespace InfoLink.Numbering.Corporations;

/// <summary>
/// A file of corporations, line by line: what is wrong with a line is said with its number, and the others go on. Run again, it goes on where it stopped:
/// lines that are in the register already change nothing.
/// </summary>
/// <remarks>
/// CSV as in RFC 4180, UTF-8, with the heading <c>number,company,reference,name,kana,address</c>. One of the first three says whom the line is about: a corporate
/// number, the twelve digits of the company register, or the registrar's own reference for one that is in no register and gets a number that is drawn.
/// </remarks>
internal sealed class CorporateImport(CorporateRegister register)
{
    public const string Heading = "number,company,reference,name,kana,address";
    private const int Columns = 6;
    private const int LongestName = 150;
    private const int LongestKana = 500;
    private const int LongestAddress = 300;
    private const int LongestReference = 64;

    /// <param name="file">The lines.</param>
    /// <param name="given">Called for each number that was drawn: the reference, and the number.</param>
    /// <param name="cancellation">Between two lines; those before it stay.</param>
    /// <exception cref="FormatException">The heading is another: nothing was entered.</exception>
    public async Task<Imported> RunAsync(TextReader file, Action<string, CorporateNumber> given, CancellationToken cancellation)
    {
        var csv = new CsvLines(file);
        if (csv.Next() is not { } heading || !string.Equals(string.Join(',', heading), Heading, StringComparison.Ordinal))
        {
            throw new FormatException($"The first line must be: {Heading}");
        }

        var result = new Imported();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                if (csv.Next() is not { } fields)
                {
                    return result;
                }

                var entry = Read(fields);
                var registered = await register.RegisterAsync(entry, cancellation);
                result.Count(registered.What);
                if (registered.What == Registration.Entered && entry.Reference is { } reference)
                {
                    given(reference, registered.Number);
                }
            }
            catch (FormatException wrong)
            {
                result.Errors.Add($"line {csv.Line}: {wrong.Message}");
            }
        }
    }

    private static CorporateEntry Read(IReadOnlyList<string> fields)
    {
        if (fields.Count != Columns)
        {
            throw new FormatException($"{fields.Count} fields, and {Columns} are needed. A comma within a field needs quotes around it.");
        }

        var (number, company, reference) = (fields[0], fields[1], fields[2]);
        if (new[] { number, company, reference }.Count(text => text.Length > 0) != 1)
        {
            throw new FormatException("Give one of number, company and reference.");
        }

        CorporateNumber? known = null;
        if (number.Length > 0 && !CorporateNumber.TryParse(number, out known))
        {
            throw new FormatException("number: not 13 digits with a right check digit. Check it: infolink number check.");
        }

        if (company.Length > 0)
        {
            known = company.Length == CorporateNumber.BaseLength && !company.AsSpan().ContainsAnyExceptInRange('0', '9') && CorporateEntry.OfCompany(ulong.Parse(company)) is { } assigned
                ? assigned
                : throw new FormatException("company: not the 12 digits of a company register (those from 9000… are drawn for others).");
        }

        return new CorporateEntry(
            known,
            reference.Length > 0 ? Text("reference", reference, LongestReference) : null,
            Text("name", fields[3], LongestName),
            fields[4].Length == 0 ? "" : Text("kana", fields[4], LongestKana),
            Text("address", fields[5], LongestAddress));
    }

    private static string Text(string field, string text, int longest) =>
        string.IsNullOrWhiteSpace(text) ? throw new FormatException($"{field}: empty.")
        : text.Length > longest ? throw new FormatException($"{field}: more than {longest} characters.")
        : text.Any(char.IsControl) ? throw new FormatException($"{field}: a control character.")
        : text;
}

/// <summary>What an import did.</summary>
internal sealed class Imported
{
    public int Entered { get; private set; }

    public int Changed { get; private set; }

    public int Unchanged { get; private set; }

    public List<string> Errors { get; } = [];

    public void Count(Registration what)
    {
        Entered += what == Registration.Entered ? 1 : 0;
        Changed += what == Registration.Changed ? 1 : 0;
        Unchanged += what == Registration.Unchanged ? 1 : 0;
    }
}
