using System.Globalization;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Records;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Broker.Operating;

/// <summary>
/// Destroys a master that no member uses any more:
/// <list type="number">
/// <item>No member list that names the epoch is taken from here on, and the one in force does not, since long enough for the last token to have expired.</item>
/// <item>The act: on record, durable.</item>
/// <item>The master: gone from memory, with every key derived from it, and from the disk of this host.</item>
/// <item>The certificate, from the record's receipt.</item>
/// </list>
/// </summary>
internal sealed class MasterDestruction(TrustFolder trust, MasterCustody custody, ActRecords records, string certificates, TimeProvider time)
{
    /// <summary>A token lives a minute, and clocks differ: codes of the epoch before may still be delivered for so long.</summary>
    private static readonly TimeSpan AfterTheList = TimeSpan.FromMinutes(2);

    /// <returns>Where the certificate is.</returns>
    /// <exception cref="InvalidOperationException">There is no such master, a member uses it, or it is too soon.</exception>
    /// <exception cref="LogUnavailableException">The act is not on record, and nothing was destroyed.</exception>
    /// <exception cref="IOException">On record and gone from memory; its file or the certificate could not be dealt with.</exception>
    public async Task<string> DestroyAsync(string who, byte epoch, string reason)
    {
        // 1. May it go?
        using var going = custody.BeginDestruction(epoch);
        RequireUnused(epoch);

        // 2. On record.
        var about = DestructionCertificate.About(epoch);
        var recorded = await records.RecordAsync(
            new OperatorAct { Operator = who, What = DestructionCertificate.ActName, About = about, Before = "held", After = "destroyed", Reason = reason });

        // 3. Gone.
        custody.Destroy(epoch);

        // 4. The proof of it.
        var certificate = DestructionCertificate.Of(trust.Held!.Platform, epoch, await recorded.ToReceiptAsync(CancellationToken.None));
        KeyFile.CreateFolder(certificates);
        var path = Path.Combine(certificates, string.Create(CultureInfo.InvariantCulture, $"master-{epoch}-destroyed.json"));
        DurableFile.Replace(path, certificate.ToBytes());
        return path;
    }

    private void RequireUnused(byte epoch)
    {
        if (!custody.Has(epoch))
        {
            throw new InvalidOperationException($"This broker has no master of epoch {epoch}.");
        }

        var held = trust.Held!;
        var users = held.Members!.Value.Members.Where(member => member.CodeEpochs.Accepts(epoch)).Select(member => member.Id.Value).Order(StringComparer.Ordinal).ToList();
        if (users.Count > 0)
        {
            throw new InvalidOperationException(
                $"The member list in force names epoch {epoch} for {users.Count} members ({string.Join(", ", users.Take(5))}{(users.Count > 5 ? ", …" : "")}). Rotate their codes first: infolink member rotate.");
        }

        if (held.MembersSince + AfterTheList - time.GetUtcNow() is { Ticks: > 0 } rest)
        {
            throw new InvalidOperationException($"The member list in force is too young: tokens given before it may still be redeemed. Try again in {Math.Ceiling(rest.TotalSeconds)} s.");
        }
    }
}
