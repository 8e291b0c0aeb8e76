using System.Text.Json;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Hosting.Trust;

namespace InfoLink.Broker.Joining;

/// <summary>What an agency's host said of itself when it joined: public keys, for the next member list. Nothing of it counts before the authority has signed it.</summary>
/// <param name="Agency">Who.</param>
/// <param name="IdentityKey">SubjectPublicKeyInfo in base64.</param>
/// <param name="Fingerprint">Of the identity key, as the agency's operator sees it.</param>
/// <param name="LogKey">C2SP verifier key.</param>
/// <param name="WitnessKey">C2SP verifier key.</param>
/// <param name="Endpoint">Where others reach it.</param>
/// <param name="At">When it joined.</param>
public sealed record JoinedAgency(string Agency, string IdentityKey, string Fingerprint, string LogKey, string WitnessKey, Uri Endpoint, DateTimeOffset At);

/// <summary>Those who have joined, one file for each agency; a later joining takes the place of an earlier one.</summary>
internal sealed class JoinFolder(string folder)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static JoinFolder Of(BrokerOptions options) => new(Path.Combine(options.Full(options.Data), "joined"));

    public void Keep(JoinedAgency joined)
    {
        KeyFile.CreateFolder(folder);
        DurableFile.Replace(PathOf(AgencyId.Parse(joined.Agency)), JsonSerializer.SerializeToUtf8Bytes(joined, Format));
    }

    public JoinedAgency? Find(AgencyId agency) => File.Exists(PathOf(agency)) ? Read(PathOf(agency)) : null;

    public IReadOnlyList<JoinedAgency> All() =>
        Directory.Exists(folder) ? [.. Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(Read)] : [];

    private string PathOf(AgencyId agency) => Path.Combine(folder, $"{agency.Value}.json");

    private static JoinedAgency Read(string path) => JsonSerializer.Deserialize<JoinedAgency>(File.ReadAllBytes(path), Format)
        ?? throw new InvalidOperationException($"'{path}' is empty; move it away and have the agency join again.");
}
