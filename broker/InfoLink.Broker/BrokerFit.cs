using InfoLink.Broker.Keys;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;

namespace InfoLink.Broker;

/// <summary>Does a member list fit the keys that this broker holds? Asked at the start, and before another list is taken.</summary>
internal static class BrokerFit
{
    /// <summary>Brokers side by side are one witness, with one key.</summary>
    public static string WitnessName(string platform) => $"{platform}/broker/witness";

    public static IReadOnlyList<string> Errors(BrokerKeys keys, MemberList members, string logOrigin)
    {
        var errors = new List<string>();
        if (keys.OwnIdentity.For(members.Broker.IdentityKeys) is null)
        {
            errors.Add("The key that identityKey names (identity.pem) is not the broker's identity key of the member list.");
        }

        if (TokenKeys.Named(keys.Tokens, members).Count == 0)
        {
            errors.Add($"None of the token keys ({string.Join(", ", keys.Tokens.Keys.Order(StringComparer.Ordinal))}) is in the member list, so no agency would accept a token.");
        }

        using (var logKey = Ed25519PrivateKey.FromSeed(keys.Log))
        {
            var own = NoteKey.Of(logOrigin, NoteKeyKind.Log, logKey.PublicKey.Span);
            if (!members.Broker.Logs.Contains(own))
            {
                errors.Add($"The log key '{own}' is not in the member list (broker.logs), so no agency would accept its receipts.");
            }
        }

        using (var witnessKey = Ed25519PrivateKey.FromSeed(keys.Witness))
        {
            var own = NoteKey.Of(WitnessName(members.Platform), NoteKeyKind.Cosigner, witnessKey.PublicKey.Span);
            if (members.Broker.WitnessKey is { } named && !named.Equals(own))
            {
                errors.Add($"The witness key of the member list (broker.witnessKey) is not this broker's '{own}', whose cosignatures would not count.");
            }
        }

        foreach (var member in members.Members)
        {
            errors.AddRange(member.CodeEpochs.All()
                .Where(epoch => !keys.Masters.ContainsKey(epoch))
                .Select(epoch => $"Member {member.Id} uses code epoch {epoch}, and there is no masters/{epoch}.key."));
        }

        return errors;
    }
}
