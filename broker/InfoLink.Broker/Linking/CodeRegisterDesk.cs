using InfoLink.Broker.Codes;
using InfoLink.Broker.Membership;
using InfoLink.Codes;
using InfoLink.Contracts.Refusals;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Broker.Linking;

/// <summary>Where the code authority says which of a person's codes are in use. Each change is on record before it takes effect; of whom is not.</summary>
internal sealed class CodeRegisterDesk(IIdCodeRegister register, RegisterKey key, ActRecords acts)
{
    /// <summary>How often it decides again when another writer was quicker.</summary>
    private const int Attempts = 3;

    /// <returns>Whether anything changed.</returns>
    public async Task<Outcome<bool>> PutAsync(Caller caller, IdCode person, RegisterState state, IdCode? successor, DateTimeOffset? expires, string reason, CancellationToken cancellation)
    {
        var tag = key.TagOf(person);
        var entry = new RegisterEntry(person.Generation, state, successor is { } next ? key.TagOf(next) : null, expires);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var present = (await register.FindAsync(new[] { tag }, cancellation))[0];
            if (entry == (present ?? RegisterEntry.Unwritten))
            {
                return false;
            }

            if (!entry.MayFollow(present) || entry.SupersededBy == tag)
            {
                return new Refusal(RefusalName.CodeStandingRefused, "follows");
            }

            await acts.RecordAsync(new OperatorAct
            {
                Operator = caller.Id.Value,
                What = "put code standing",
                About = "a person",
                Before = Text(present ?? RegisterEntry.Unwritten),
                After = Text(entry),
                Reason = reason,
            });
            switch (await register.PutAsync(tag, present, entry, CancellationToken.None))
            {
                case RegisterWrite.Written:
                    return true;
                case RegisterWrite.Full:
                    return new Refusal(RefusalName.CodeStandingRefused, "full");
                case RegisterWrite.Forbidden:
                    return new Refusal(RefusalName.CodeStandingRefused, "follows");
                default:
                    continue;
            }
        }

        return new Refusal(RefusalName.Overloaded);
    }

    private static string Text(RegisterEntry entry) =>
        $"generation {entry.Generation}, {entry.State switch { RegisterState.Active => "active", RegisterState.Frozen => "frozen", _ => "superseded" }}{(entry.ExpiresAt is null ? "" : ", expires")}";
}
