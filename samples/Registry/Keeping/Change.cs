namespace InfoLink.Samples.Registry.Keeping;

/// <summary>Something that happened to a person, or was found out. Closed. What stood before is kept.</summary>
/// <param name="Day">From when on the new state holds; not before the present one's first day.</param>
/// <param name="Reason">For the history, in a clerk's words.</param>
public abstract record Change(DateOnly Day, string Reason)
{
    /// <summary>To another address, with its municipality's code; both 住所不定 and empty for those without one. Who had left the country comes back by it.</summary>
    public sealed record Move(string Address, string Municipality, DateOnly Day, string Reason) : Change(Day, Reason)
    {
        public override string ToString() => nameof(Move);
    }

    /// <summary>By marriage, divorce, adoption or a court.</summary>
    public sealed record Rename(string Name, string Kana, DateOnly Day, string Reason) : Change(Day, Reason)
    {
        public override string ToString() => nameof(Rename);
    }

    /// <summary>What stood there had been wrong all along. Null leaves it as it is.</summary>
    public sealed record Correct(string? Name, string? Kana, string? BirthDate, string? Sex, DateOnly Day, string Reason) : Change(Day, Reason)
    {
        public override string ToString() => nameof(Correct);
    }

    public sealed record Die(DateOnly Day, string Reason) : Change(Day, Reason)
    {
        public override string ToString() => nameof(Die);
    }

    /// <summary>Out of the country.</summary>
    public sealed record Emigrate(string Country, DateOnly Day, string Reason) : Change(Day, Reason)
    {
        public override string ToString() => nameof(Emigrate);
    }
}

/// <summary>A change that the register cannot take. The message says why, and no value of the person.</summary>
public sealed class ChangeRefusedException(string cause) : Exception(cause);
