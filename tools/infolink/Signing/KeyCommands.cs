using System.CommandLine;
using System.Security.Cryptography;
using InfoLink.Authoring;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;
using InfoLink.Tool.Documents;

namespace InfoLink.Tool.Signing;

/// <summary>Where the authority's keys come from. Each is for one person, on a machine of its own without a network.</summary>
internal static class KeyCommands
{
    public static Command Init()
    {
        var folder = new Option<string>("--dir") { Description = "The folder to make.", Required = true };
        var platform = new Option<string>("--platform") { Description = "The platform's name (SPIFFE trust domain), for good: infolink.example.go.jp", Required = true };
        var count = new Option<int?>("--keys") { Description = "How many keys to make here." };
        var publics = new Option<string[]>("--public") { Description = "Instead of --keys: the public half of a key made elsewhere ('infolink authority key'), or a file with it. Once for each." };
        var threshold = new Option<int>("--threshold") { Description = "How many of them must sign.", Required = true };
        var expires = new Option<string?>("--expires") { Description = "Its last day, as 2030-03-31; without it as late as may be." };
        var command = Commands.New(
            "init",
            "Make the authority of a new platform: keys, of which some must sign, and the document that everything else is checked against.",
            "authority init --dir authority --platform infolink.example --keys 3 --threshold 2");
        AuthorityCommands.Add(command, folder, platform, count, publics, threshold, expires);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var given = parsed.GetValue(publics) ?? [];
            if ((parsed.GetValue(count) is null) == (given.Length == 0))
            {
                throw new FormatException("Say either --keys, to make the keys here, or --public for each key that was made elsewhere.");
            }

            var path = parsed.GetValue(folder)!;
            var document = Path.Combine(path, "authority.json");
            var files = Enumerable.Range(1, Math.Clamp(parsed.GetValue(count) ?? 0, 0, 1_000)).Select(number => Path.Combine(path, $"key-{number}.pem")).ToList();
            if (files.Append(document).FirstOrDefault(File.Exists) is { } there)
            {
                throw new RefusedException($"'{there}' exists, and keys are never overwritten. Take another folder.");
            }

            var pairs = files.Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256)).ToList();
            try
            {
                var draft = AuthorityFile.Draft(
                    parsed.GetValue(platform)!,
                    [.. pairs.Select(P256PublicKey.Of), .. given.Select(Given.Key)],
                    parsed.GetValue(threshold),
                    previous: null,
                    TimeProvider.System.GetUtcNow(),
                    Given.Date(parsed.GetValue(expires)));
                KeyFile.CreateFolder(path);
                foreach (var (file, pair) in files.Zip(pairs))
                {
                    WriteNew(file, pair);
                }

                var signed = pairs.Aggregate(draft, (envelope, pair) => envelope.With(DocumentSignature.ByKey(envelope, DocumentKind.Authority, pair)));
                DocumentSource.WriteNew(document, signed.ToBytes());
                Tell(DocumentFile.Of(document, signed), files);
                return Ending.Well;
            }
            finally
            {
                pairs.ForEach(pair => pair.Dispose());
            }
        }));
        return command;
    }

    public static Command Key()
    {
        var to = new Option<string>("--out") { Description = "The file for the private key; it must not exist.", Required = true };
        var command = Commands.New(
            "key", "Make one more key, on its owner's own machine, and print its public half, which alone leaves that machine.", "authority key --out key-4.pem");
        AuthorityCommands.Add(command, to);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            WriteNew(parsed.GetValue(to)!, pair);
            var key = P256PublicKey.Of(pair);
            DocumentTelling.Line("private", $"{parsed.GetValue(to)}, for its owner alone");
            DocumentTelling.Line("key", DocumentSignature.KeyIdOf(key));
            DocumentTelling.Line("fingerprint", Fingerprint.OfKey(key).ToString());
            DocumentTelling.Line("public", key.ToString());
            return Ending.Well;
        }));
        return command;
    }

    private static void WriteNew(string path, ECDsa pair) => KeyFile.WriteNew(path, pair.ExportPkcs8PrivateKeyPem() + "\n");

    private static void Tell(DocumentFile file, List<string> files)
    {
        var authority = file.Authority!;
        DocumentTelling.Head(file);
        AuthorityCommands.Keys(authority);
        Console.WriteLine();
        Console.WriteLine($"Compare the fingerprint by voice with everybody who will trust this platform: {authority.Fingerprint}");
        foreach (var path in files)
        {
            Console.WriteLine($"Offline: take {path} to one key holder, on a medium of its own, and then remove it from this machine. No one holds two.");
        }

        Console.WriteLine(files.Count == 0
            ? $"Not signed yet: every key holder signs {file.Name} ('infolink authority sign'), at least {authority.Threshold}, and the copies are combined."
            : $"Public: {file.Name} goes to the broker, to every agency, and to each key holder beside the key.");
        if (authority.Threshold == 1)
        {
            Console.WriteLine("Note: one key alone signs. Whoever steals it makes members and law. Take a threshold of 2 or more outside of tests.");
        }
        else if (authority.Threshold == authority.Keys.Count)
        {
            Console.WriteLine("Note: every key must sign. One that is lost ends the platform. Make more keys than must sign.");
        }
    }
}
