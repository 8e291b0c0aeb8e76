namespace InfoLink.Contracts.Refusals;

/// <summary>What a step came to: its value, or a refusal. Closed, so that a switch over it is whole.</summary>
public abstract record Outcome<T>
{
    private Outcome()
    {
    }

    public sealed record Done(T Value) : Outcome<T>
    {
        /// <summary>Never the value: it may be a person's.</summary>
        public override string ToString() => $"Done({typeof(T).Name})";
    }

    public sealed record Refused(Refusal Refusal) : Outcome<T>;

    public static implicit operator Outcome<T>(T value) => new Done(value);

    public static implicit operator Outcome<T>(Refusal refusal) => new Refused(refusal);
}
