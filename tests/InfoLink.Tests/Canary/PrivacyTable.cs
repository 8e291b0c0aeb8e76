using System.Text;
using Xunit;

namespace InfoLink.Tests.Canary;

/// <summary>What the privacy table says of a column at a place.</summary>
internal enum Rule
{
    /// <summary>Found: the test fails.</summary>
    Never,

    /// <summary>Not found: the test fails, for it looked wrongly.</summary>
    Must,

    /// <summary>Counted and told.</summary>
    Told,
}

/// <summary>One row: a party and one kind of place at it, and what may be there. Columns that are not named are <see cref="Rule.Never"/>.</summary>
internal sealed record Row(string Party, string Where, IReadOnlyList<Place> Places, IReadOnlyDictionary<Column, Rule> Rules)
{
    /// <summary>Marks that are passed over here: of the mistyped, where the party was sent them.</summary>
    public Func<Mark, bool> Passes { get; init; } = _ => false;

    /// <summary>Bytes that show that this is the place meant, and that it was looked into; none where a <see cref="Rule.Must"/> shows it.</summary>
    public IReadOnlyList<byte[]> Controls { get; init; } = [];

    public static Row Of(string party, string where, IEnumerable<Place> places, params (Column Column, Rule Rule)[] rules) =>
        new(party, where, [.. places], rules.ToDictionary(rule => rule.Column, rule => rule.Rule));
}

/// <summary>The privacy table as it was found: for each row and column what stands there.</summary>
internal sealed class PrivacyTable(IEnumerable<Mark> marks)
{
    private readonly MarkScanner _scanner = new(marks);
    private readonly List<string> _wrong = [];
    private readonly StringBuilder _table = new();

    public IReadOnlyList<string> Wrong => _wrong;

    /// <summary>For the test's output.</summary>
    public string Text => $"{"party",-10} {"where",-26} {string.Join(' ', Enum.GetValues<Column>().Select(column => $"{column,-18}"))}{Environment.NewLine}{_table}";

    public void Look(Row row)
    {
        var found = new List<(Place Place, Sighting Sighting)>();
        var controls = new HashSet<byte[]>(row.Controls);
        var (places, bytes) = (0, 0L);
        foreach (var place in row.Places.Concat(row.Places.SelectMany(place => place.Inside())))
        {
            places++;
            using var stream = place.Open();
            bytes += stream.Length;
            found.AddRange(_scanner.FoundIn(stream).Where(sighting => !row.Passes(sighting.Mark)).Select(sighting => (place, sighting)));
            if (controls.Count > 0)
            {
                using var again = place.Open();
                var all = new byte[again.Length];
                again.ReadExactly(all);
                controls.RemoveWhere(control => all.AsSpan().IndexOf(control) >= 0);
            }
        }

        var cells = new List<string>();
        foreach (var column in Enum.GetValues<Column>())
        {
            var here = found.Where(find => find.Sighting.Mark.Column == column).ToList();
            var rule = row.Rules.GetValueOrDefault(column, Rule.Never);
            var marksHere = here.Select(find => find.Sighting.Mark).Distinct().Count();
            cells.Add(rule switch
            {
                Rule.Never => here.Count == 0 ? "never" : $"FOUND {marksHere}",
                Rule.Must => here.Count > 0 ? $"there: {marksHere}" : "MISSING",
                _ => marksHere == 0 ? "(none)" : $"({marksHere})",
            });
            _wrong.AddRange(rule is Rule.Never ? here.Select(find => $"{row.Party}, {row.Where}: {find.Sighting} in {find.Place.Name}") : []);
            if (rule is Rule.Must && here.Count == 0)
            {
                _wrong.Add($"{row.Party}, {row.Where}: {column} must be there and was not found, so nothing is shown by finding nothing");
            }
        }

        if (controls.Count > 0 || bytes == 0)
        {
            _wrong.Add($"{row.Party}, {row.Where}: what must be there was not found in {places} places of {bytes} bytes, so nothing is shown by finding nothing");
        }

        _table.AppendLine($"{row.Party,-10} {row.Where,-26} {string.Join(' ', cells.Select(cell => $"{cell,-18}"))} {places} places, {bytes / 1024:N0} KiB");
    }

    public void AssertHolds() => Assert.True(_wrong.Count == 0, string.Join(Environment.NewLine, _wrong.Take(60)) + Environment.NewLine + Text);
}
