using InfoLink.Samples.Registry.Generating;
using InfoLink.V1;

namespace InfoLink.Samples.Registry.Matching;

/// <summary>Where a person was on the register, and when. Of an address it tells the municipality and nothing else. Never prints.</summary>
/// <param name="States">First day, address and municipality of each state, the newest first.</param>
/// <param name="BirthDate">yyyy-MM-dd, unknown parts 00.</param>
/// <param name="CameFromAbroad">The oldest state began by coming into the country.</param>
/// <param name="Died">The day of death.</param>
internal sealed record Residences(IReadOnlyList<(DateOnly From, string Address, string Municipality)> States, string BirthDate, bool CameFromAbroad, DateOnly? Died)
{
    /// <summary>A day belongs to the state that begins on it: who moves on 1 January lives in the new place that day.</summary>
    public Residence On(DateOnly day)
    {
        if (day < FirstPossibleBirthday())
        {
            return new Residence { Outcome = ResidenceOutcome.NotYetBorn };
        }

        if (Died is { } died && day > died)
        {
            return new Residence { Outcome = ResidenceOutcome.NotAlive };
        }

        foreach (var (from, address, municipality) in States)
        {
            if (from <= day)
            {
                return municipality.Length > 0 ? new Residence { Outcome = ResidenceOutcome.LivedInMunicipality, Municipality = municipality }
                    : new Residence { Outcome = string.Equals(address, Place.NoFixedAddress.Address, StringComparison.Ordinal) ? ResidenceOutcome.WithoutFixedAddress : ResidenceOutcome.LivedAbroad };
            }
        }

        return new Residence { Outcome = CameFromAbroad ? ResidenceOutcome.LivedAbroad : ResidenceOutcome.BeforeTheRegister };
    }

    public override string ToString() => "Residences(redacted)";

    /// <summary>A birth date of which a part is unknown is the earliest that it can be: nobody is said to be unborn who was alive.</summary>
    private DateOnly FirstPossibleBirthday() =>
        DateOnly.TryParseExact(BirthDate.Replace("-00", "-01", StringComparison.Ordinal), "yyyy-MM-dd", out var day) ? day : DateOnly.MinValue;
}
