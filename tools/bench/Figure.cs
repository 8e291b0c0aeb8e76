using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace InfoLink.Bench;

/// <summary>One measured number, with what it is held against. Floor, ratio, aim and spread are null where there is none.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Unit">Of <paramref name="Measured"/> and <paramref name="Floor"/>.</param>
/// <param name="Measured">Median of the rounds.</param>
/// <param name="Floor">Median of the rounds that the bare work took, by turns with the measured.</param>
/// <param name="Ratio">Median of measured ÷ floor, round by round.</param>
/// <param name="Aim">What should be reached.</param>
/// <param name="Rounds">How many.</param>
/// <param name="Spread">Largest less smallest round, as a part of the median: of the ratio where there is one, else of the measured.</param>
internal sealed record Figure(
    string Name,
    string Unit,
    double? Measured,
    double? Floor = null,
    double? Ratio = null,
    [property: JsonConverter(typeof(AimText))] Aim? Aim = null,
    int Rounds = 1,
    double? Spread = null)
{
    /// <summary>Where it was measured: processors and system.</summary>
    public static string Machine =>
        $"{Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";

    /// <summary>Is the aim reached? Null where there is none.</summary>
    public bool? Met => Aim?.IsMet(Aim.OfRatio ? Ratio ?? double.NaN : Measured ?? double.NaN);

    /// <summary>A number for each round, and nothing to hold it against.</summary>
    public static Figure Of(string name, string unit, IReadOnlyList<double> measured, Aim? aim = null)
    {
        var median = Median(measured);
        return new Figure(name, unit, median, Aim: aim, Rounds: measured.Count, Spread: Range(measured, median));
    }

    /// <summary>A number for each round, and the floor's of the same rounds.</summary>
    public static Figure Of(string name, string unit, IReadOnlyList<double> measured, IReadOnlyList<double> floor, Aim? aim = null)
    {
        var ratios = measured.Zip(floor, (mine, bare) => mine / bare).ToList();
        var ratio = Median(ratios);
        return new Figure(name, unit, Median(measured), Median(floor), ratio, aim, measured.Count, Range(ratios, ratio));
    }

    /// <summary>What could not be measured here; its name says why. It reaches no aim and misses none.</summary>
    public static Figure NotMeasured(string name, string unit) => new(name, unit, Measured: null, Rounds: 0);

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static double? Range(IReadOnlyList<double> values, double median) => values.Count > 1 ? (values.Max() - values.Min()) / median : null;
}

/// <summary>What a figure should reach.</summary>
/// <param name="Value">The number.</param>
/// <param name="AtLeast">True: this or more. False: this or less.</param>
/// <param name="OfRatio">True: the ratio. False: the measured number.</param>
internal sealed record Aim(double Value, bool AtLeast, bool OfRatio = true)
{
    public bool IsMet(double value) => AtLeast ? value >= Value : value <= Value;

    public override string ToString() => FormattableString.Invariant($"{(AtLeast ? "≥" : "≤")} {Value:#,##0.##}");
}

/// <summary>An aim in JSON is its text.</summary>
internal sealed class AimText : JsonConverter<Aim>
{
    public override Aim Read(ref System.Text.Json.Utf8JsonReader reader, Type typeToConvert, System.Text.Json.JsonSerializerOptions options) =>
        throw new NotSupportedException("Figures are written, never read.");

    public override void Write(System.Text.Json.Utf8JsonWriter writer, Aim value, System.Text.Json.JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
