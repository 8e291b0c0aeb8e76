using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace InfoLink.Hosting.Checkup;

/// <summary>How something stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CheckState>))]
public enum CheckState
{
    Ok,

    /// <summary>It works, and will not for long, or not when it matters.</summary>
    Attention,

    /// <summary>It does not work.</summary>
    Wrong,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">What was looked at, in a word or two.</param>
/// <param name="State">How it stands.</param>
/// <param name="What">What was found, with the cause. Never a key, a code or a password.</param>
/// <param name="WayOut">What to do; empty where all is well.</param>
public sealed record Check(string Name, CheckState State, string What, string WayOut = "");

/// <summary>What a doctor writes down: one line for each thing, in the order in which it was looked at.</summary>
public sealed class CheckSheet
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };
    private readonly List<Check> _checks = [];

    public IReadOnlyList<Check> Checks => _checks;

    /// <summary>Nothing is wrong; something may need attention.</summary>
    public bool IsSound => _checks.TrueForAll(check => check.State != CheckState.Wrong);

    public void Ok(string name, string what) => _checks.Add(new Check(name, CheckState.Ok, what));

    public void Attention(string name, string what, string wayOut) => _checks.Add(new Check(name, CheckState.Attention, what, wayOut));

    public void Wrong(string name, string what, string wayOut) => _checks.Add(new Check(name, CheckState.Wrong, what, wayOut));

    public void Add(IEnumerable<Check> checks) => _checks.AddRange(checks);

    /// <summary>For the terminal: a table, and below each thing that is not well what to do.</summary>
    public void Write(TextWriter to)
    {
        var width = _checks.Max(check => check.Name.Length);
        foreach (var check in _checks)
        {
            to.WriteLine($"{Mark(check.State),-9}  {check.Name.PadRight(width)}  {OnOneMargin(check.What, width)}");
            if (check.WayOut.Length > 0)
            {
                to.WriteLine($"{"",-9}  {"".PadRight(width)}  → {OnOneMargin(check.WayOut, width + 2)}");
            }
        }

        to.WriteLine();
        to.WriteLine($"{Count(CheckState.Wrong)} wrong, {Count(CheckState.Attention)} need attention, {Count(CheckState.Ok)} well.");
    }

    /// <summary>For programs: <c>{"sound":true,"checks":[{"name","state","what","wayOut"}]}</c>.</summary>
    public string ToJson() => JsonSerializer.Serialize(new { sound = IsSound, checks = _checks }, Format);

    private static string Mark(CheckState state) => state switch { CheckState.Ok => "OK", CheckState.Attention => "ATTENTION", _ => "WRONG" };

    private static string OnOneMargin(string text, int width) => text.ReplaceLineEndings("\n").Replace("\n", "\n" + "".PadRight(13 + width), StringComparison.Ordinal);

    private int Count(CheckState state) => _checks.Count(check => check.State == state);
}
