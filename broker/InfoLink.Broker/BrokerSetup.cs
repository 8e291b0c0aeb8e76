using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using InfoLink.Authoring;
using InfoLink.Broker.Joining;
using InfoLink.Broker.Keys;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Trust;

namespace InfoLink.Broker;

/// <summary>What is done once, before a broker first runs: its keys, its configuration, the draft of the first member list, and what the authority has signed.</summary>
public static class BrokerSetup
{
    private const byte FirstEpoch = 1;

    /// <summary>Makes a broker's folder. Nothing is ever overwritten, and nothing leaves the folder but public halves.</summary>
    /// <param name="folder">New or empty.</param>
    /// <param name="platform">The SPIFFE trust domain.</param>
    /// <param name="options">Listen, address, stores; the rest is filled in.</param>
    /// <param name="time">For the draft's dates.</param>
    /// <returns>The draft of the first member list: the broker's public keys, and nobody in it yet.</returns>
    /// <exception cref="IOException">There is something already.</exception>
    /// <exception cref="InvalidOperationException">The options are wrong: all errors at once.</exception>
    public static PreparedBroker Create(string folder, string platform, BrokerOptions options, TimeProvider time)
    {
        var config = Path.Combine(folder, "broker.json");
        if (File.Exists(config) || Directory.Exists(Path.Combine(folder, "keys")))
        {
            throw new IOException($"There is a broker in '{folder}' already. Its keys are never overwritten; take another folder.");
        }

        options.Folder = Path.GetFullPath(folder);
        options.LogOrigin = $"{platform}/broker-1";
        KeyFile.CreateFolder(options.Folder);
        using var keys = BrokerKeys.Create(options.Full(options.Keys), platform, FirstEpoch);
        Hosting.StartErrors.Refuse("The broker's configuration would have errors", options.Errors());
        options.Write(config);
        var draft = FirstList(keys, platform, options.LogOrigin, time.GetUtcNow());
        var path = options.Full("members-1.json");
        DurableFile.Replace(path, draft.ToBytes());
        return new PreparedBroker(options.Folder, path, Fingerprint.OfKey(keys.Identity.PublicKey));
    }

    /// <summary>
    /// Makes the folder of one more broker of the platform, to run beside another: the same keys and documents, the same Redis and PostgreSQL, and a log
    /// of its own, which the authority must name in the member list before this broker can start.
    /// </summary>
    /// <param name="of">A broker of the platform.</param>
    /// <param name="folder">New or empty. It holds all of the platform's broker keys, as the other's does.</param>
    /// <param name="listen">Address and port to serve on.</param>
    /// <exception cref="IOException">There is something already.</exception>
    /// <exception cref="InvalidOperationException">The broker holds no member list, or keeps tokens or its log where no other reaches them.</exception>
    public static BrokerBeside CreateBeside(BrokerOptions of, string folder, string listen)
    {
        if (of.Redis.Length == 0 || of.Postgres.Length == 0)
        {
            throw new InvalidOperationException("Brokers side by side share their tokens and their database. Set 'redis' and 'postgres' in broker.json first, and restart that broker.");
        }

        var held = TrustFolder.Open(of.Full(of.Trust), TimeProvider.System).Held;
        if (held?.Members is not { } list)
        {
            throw new InvalidOperationException($"'{of.Full(of.Trust)}' does not hold an authority and a member list. Publish what the authority has signed: infolink broker publish.");
        }

        var options = BrokerOptions.Read(Path.Combine(of.Folder, "broker.json"));
        options.Folder = Path.GetFullPath(folder);
        (options.Keys, options.Trust, options.Data, options.Listen) = ("keys", "trust", "data", listen);
        options.Address = of.PublicAddress.ToString();
        options.LogOrigin = $"{held.Platform}/broker-{NextNumber(list.Value, held.Platform)}";
        if (Directory.Exists(options.Folder) && Directory.EnumerateFileSystemEntries(options.Folder).Any())
        {
            throw new IOException($"There is something in '{options.Folder}' already. Keys are never overwritten; take another folder.");
        }

        KeyFile.CreateFolder(options.Folder);
        var log = BrokerKeys.CopyBeside(of.Full(of.Keys), options.Full(options.Keys));
        KeyFile.CreateFolder(options.Full(options.Trust));
        foreach (var document in Directory.EnumerateFiles(of.Full(of.Trust)))
        {
            File.Copy(document, Path.Combine(options.Full(options.Trust), Path.GetFileName(document)));
        }

        options.Write(Path.Combine(options.Folder, "broker.json"));
        var key = PublicOf(log, options.LogOrigin, NoteKeyKind.Log);
        CryptographicOperations.ZeroMemory(log);
        return new BrokerBeside(options.Folder, key);
    }

    /// <summary>Puts signed documents into the trust folder of a broker that has not run yet, the authority's own first. Later they are published to the running broker.</summary>
    /// <returns>A line for each document.</returns>
    /// <exception cref="DocumentException">One is not taken; those before it are.</exception>
    /// <exception cref="InvalidOperationException">The broker has run: its operator's acts are recorded, and so it must run to record them.</exception>
    public static IReadOnlyList<string> Publish(BrokerOptions options, IEnumerable<SignedDocument> documents, TimeProvider time)
    {
        if (Directory.Exists(options.Full(options.Data)) && Directory.EnumerateFiles(options.Full(options.Data)).Any(file => Path.GetFileName(file) is "directory.json" or ['h', 'e', 'a', 'd', '-', ..]))
        {
            throw new InvalidOperationException("This broker has run before. Start it, and publish while it runs: the act is put on record.");
        }

        var trust = TrustFolder.Open(options.Full(options.Trust), time);
        var told = new List<string>();
        foreach (var document in documents)
        {
            var kind = Documents.KindOf(document);
            if (trust.Held is null && kind == DocumentKind.Authority)
            {
                told.Add($"authority {trust.Adopt(document).Header.Version} is taken. Compare its fingerprint with the key holders: {trust.Held!.Authority.Fingerprint}");
                continue;
            }

            if (trust.Held is { } held)
            {
                using var keys = BrokerKeys.Load(options.Full(options.Keys), held.Platform, options.IdentityKey, options.NextIdentityKey);
                trust.Misfits = next => next.Members is { } list ? BrokerFit.Errors(keys, list.Value, options.LogOrigin) : [];
                told.Add(trust.Accept(document) ? $"{kind.Name()} is taken, sha256 {document.Sha256}" : $"{kind.Name()} was held already");
                continue;
            }

            trust.Accept(document); // Says that the authority comes first.
        }

        return told;
    }

    /// <summary>What a host of the agency said of itself when it joined.</summary>
    /// <exception cref="InvalidOperationException">None has joined.</exception>
    public static JoinedAgency Joined(BrokerOptions options, AgencyId agency) => JoinFolder.Of(options).Find(agency)
        ?? throw new InvalidOperationException($"No host of {agency} has joined this broker. Give it a code first: infolink join-code {agency}.");

    /// <summary>The epoch of the newest master of link codes.</summary>
    /// <exception cref="InvalidOperationException">There is no master.</exception>
    public static byte NewestEpoch(BrokerOptions options) => BrokerKeys.NewestEpoch(options.Full(options.Keys));

    /// <summary>One more master of link codes; a running broker takes it up when a member list that needs it is published.</summary>
    /// <returns>Its epoch, for the next member list.</returns>
    /// <exception cref="InvalidOperationException">All 255 numbers are used up.</exception>
    public static byte AddMaster(BrokerOptions options) => BrokerKeys.AddMaster(options.Full(options.Keys));

    /// <summary>One more token key, for the next member list.</summary>
    public static (string KeyId, P256PublicKey Key) AddTokenKey(BrokerOptions options) => BrokerKeys.AddTokenKey(options.Full(options.Keys));

    /// <summary>The broker's next identity key, beside the one of today, for the next member list.</summary>
    /// <exception cref="IOException">There is one already.</exception>
    public static P256PublicKey AddIdentityKey(BrokerOptions options)
    {
        var platform = TrustFolder.Open(options.Full(options.Trust), TimeProvider.System).Held?.Platform
            ?? throw new InvalidOperationException("This broker holds no authority yet; it needs no next key before its first.");
        using var key = OwnIdentity.Create(SpiffeName.ForBroker(platform), options.Full(options.Keys), options.NextIdentityKey);
        return key.PublicKey;
    }

    private static SignedDocument FirstList(BrokerKeys keys, string platform, string logOrigin, DateTimeOffset now)
    {
        var token = keys.Tokens.Single();
        var yaml = $"""
            platform: {platform}
            broker:
              identityKey: {keys.Identity.PublicKey}
              tokenKeys:
                {token.Key}: {P256PublicKey.Of(token.Value)}
              logs: [{PublicOf(keys.Log, logOrigin, NoteKeyKind.Log)}]
              witnessKey: {PublicOf(keys.Witness, BrokerFit.WitnessName(platform), NoteKeyKind.Cosigner)}

            """;
        return MembersFile.Draft("the first member list", Encoding.UTF8.GetBytes(yaml), previous: null, now) switch
        {
            Loaded<SignedDocument>.Whole whole => whole.Value,
            Loaded<SignedDocument>.Broken broken => throw new InvalidOperationException(string.Join('\n', broken.Errors)),
            _ => throw new InvalidOperationException("A draft is whole or broken."),
        };
    }

    /// <summary>After the greatest that the list names: a log's name is never used again.</summary>
    private static int NextNumber(MemberList list, string platform) => 1 + list.Broker.Logs
        .Select(log => log.Name.StartsWith($"{platform}/broker-", StringComparison.Ordinal)
            && int.TryParse(log.Name[$"{platform}/broker-".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
        .DefaultIfEmpty(0)
        .Max();

    private static NoteKey PublicOf(byte[] seed, string name, NoteKeyKind kind)
    {
        using var key = Ed25519PrivateKey.FromSeed(seed);
        return NoteKey.Of(name, kind, key.PublicKey.Span);
    }
}

/// <summary>A broker's folder that has been made.</summary>
/// <param name="Folder">Where.</param>
/// <param name="MembersDraft">The first member list, to be signed.</param>
/// <param name="Identity">Fingerprint of the broker's identity key.</param>
public sealed record PreparedBroker(string Folder, string MembersDraft, Fingerprint Identity);

/// <summary>The folder of one more broker.</summary>
/// <param name="Folder">Where.</param>
/// <param name="Log">The verifier key of its log, for the next member list.</param>
public sealed record BrokerBeside(string Folder, NoteKey Log);
