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
        var entry = new RegisterEntry(person.Generation, state, successor is { } next ? key.Succeed(person, next) : null, expires);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var present = (await register.FindAsync(new[] { tag }, cancellation))[0];
            if (entry == (present ?? RegisterEntry.Unwritten))
            {
                return false;
            }

            if (!entry.MayFollow(present) || await LeadsBackAsync(entry.Successor, tag, cancellation))
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

    /// <summary>Whether those who come after lead to the person herself again, or nowhere in a reasonable number of steps.</summary>
    private async Task<bool> LeadsBackAsync(Succession? succession, RegisterTag self, CancellationToken cancellation)
    {
        for (var step = 0; succession is { } next; step++)
        {
            if (next.By == self || step == CodeConversion.MostSuccessions)
            {
                return true;
            }

            succession = (await register.FindAsync(new[] { next.By }, cancellation))[0]?.Successor;
        }

        return false;
    }

    private static string Text(RegisterEntry entry) =>
        $"generation {entry.Generation}, {entry.State switch { RegisterState.Active => "active", RegisterState.Frozen => "frozen", _ => "superseded" }}{(entry.ExpiresAt is null ? "" : ", expires")}";
}
