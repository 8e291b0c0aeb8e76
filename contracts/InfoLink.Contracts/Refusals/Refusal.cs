using InfoLink.V1;

namespace InfoLink.Contracts.Refusals;

/// <summary>
/// A refusal as a value: what was refused is the caller's to read, and never an exception inside a program.
/// Faults are exceptions; refusals are answers.
/// </summary>
/// <param name="Name">The stable name; its row in <see cref="RefusalTable"/> says status, retryability, cause and way out.</param>
/// <param name="Detail">What exactly, in names of the catalog or request ("taxYear", "role"). Never a value, code or token.</param>
/// <param name="RetryAfter">How long to wait before a retry, where retrying makes sense.</param>
public sealed record Refusal(RefusalName Name, string Detail = "", TimeSpan RetryAfter = default)
{
    private RefusalRow Row => RefusalTable.Of(Name);

    /// <summary>The name as people read it, e.g. <c>TOKEN-SPENT</c>.</summary>
    public string Text => Row.Text;

    /// <summary>May the caller try the same thing again, unchanged?</summary>
    public bool Retryable => Row.Retryable;

    public string CauseEn => Row.En.Cause;

    public string WayOutEn => Row.En.WayOut;

    public string CauseJa => Row.Ja.Cause;

    public string WayOutJa => Row.Ja.WayOut;

    public override string ToString() => Detail.Length == 0 ? $"{Text}: {CauseEn}" : $"{Text} ({Detail}): {CauseEn}";

    public static implicit operator Refusal(RefusalName name) => new(name);
}

/// <summary>The one exception by which the SDK tells a caller of a refusal.</summary>
public class RefusedException(Refusal refusal, Exception? inner = null) : Exception($"{refusal} {refusal.WayOutEn}", inner)
{
    public Refusal Refusal { get; } = refusal;
}
