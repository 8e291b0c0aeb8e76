using System.CommandLine;
using InfoLink.Audit.Bundles;
using InfoLink.Audit.Logs;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Notes;

namespace InfoLink.Tool.Auditing;

/// <summary><c>infolink log …</c>: one log, from wherever it lies.</summary>
internal static class LogCommands
{
    public static Command Create() => new("log", "Check, show, prove and export one log.") { Verify(), Show(), Acts(), Proof(), Export() };

    private static Command Verify()
    {
        var source = new LogSource();
        var checkpoints = new Option<string[]>("--checkpoint")
        {
            Description = "A checkpoint kept earlier or elsewhere (a file, or a folder of pins): it shows a database that was put back, and a fork. May be repeated.",
        };
        var token = new Option<string?>("--token-sha256") { Description = "For a receipt: SHA-256 of the token it must be for, in hex." };
        var json = Commands.Json();
        var command = Commands.New(
            "verify",
            "Check a log's database, a bundle, a folder of tiles, a receipt (the message or an agent's evidence file) or a tlog-proof, "
            + "and name the first record or tile that is wrong.",
            "log verify data/access-log.db --members members.json --authority authority.json");
        Add(command, checkpoints, token, json);
        source.AddTo(command, withKeys: true);
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            var report = await VerifyAsync(parsed, source, parsed.GetValue(checkpoints) ?? [], parsed.GetValue(token), cancellation);
            Telling.Log(report, parsed.GetValue(json));
            return report.Sound ? Ending.Well : Ending.Found;
        }));
        return command;
    }

    private static async Task<LogReport> VerifyAsync(ParseResult parsed, LogSource source, string[] checkpoints, string? token, CancellationToken cancellation)
    {
        if (source.IsFolder(parsed))
        {
            var folder = source.Path(parsed);
            var found = OriginOf(folder) ?? source.Origin(parsed)
                ?? throw new BundleException($"'{folder}' has no checkpoint that can be read. Say with --origin which log it must be.");
            var log = source.Known(parsed, found);
            return await LogCheck.FolderAsync(folder, log, LogCheck.Kept(checkpoints, log.Origin), cancellation);
        }

        if (source.IsDatabase(parsed))
        {
            var reader = await source.OpenAsync(parsed, cancellation);
            var log = source.Known(parsed, reader.Origin);
            return await LogCheck.DatabaseAsync(reader, log, LogCheck.Kept(checkpoints, log.Origin), source.Name(parsed), cancellation);
        }

        var bytes = await File.ReadAllBytesAsync(source.Path(parsed), cancellation);
        if (ReceiptCheck.IsProof(bytes))
        {
            return ReceiptCheck.Proof(bytes, source.Known(parsed), source.Name(parsed));
        }

        return ReceiptCheck.IsReceipt(bytes)
            ? ReceiptCheck.Receipt(bytes, source.Known(parsed), token is null ? null : HashOf(token), source.Name(parsed))
            : throw new BundleException($"'{source.Path(parsed)}' is no log, bundle, receipt or tlog-proof.");
    }

    private static Command Show()
    {
        var source = new LogSource();
        var exchange = new Option<string?>("--exchange") { Description = "All records of this exchange." };
        var serial = new Option<long?>("--serial") { Description = "The record with this serial, from 0." };
        var json = Commands.Json();
        var command = Commands.New(
            "show",
            "Show records with their items ①–⑫ by name. Never a link code, tag or seed; operators and use only from an agency's own database.",
            "log show data/access-log.db --serial 0");
        Add(command, exchange, serial, json);
        source.AddTo(command, withKeys: false);
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            var id = parsed.GetValue(exchange) is { } text
                ? ExchangeId.TryParse(text, out var read) ? read : throw new BundleException("That is not an exchange id: 26 characters of Crockford base32.")
                : default(ExchangeId?);
            if ((id is null) == (parsed.GetValue(serial) is null))
            {
                throw new BundleException("Say which record: either --exchange or --serial.");
            }

            var records = await FindAsync(parsed, source, parsed.GetValue(serial), id, cancellation);
            Telling.Records(records, parsed.GetValue(json));
            return records.Count > 0 ? Ending.Well : throw new BundleException("There is no such record.");
        }));
        return command;
    }

    private static async Task<IReadOnlyList<ReadableRecord>> FindAsync(
        ParseResult parsed, LogSource source, long? serial, ExchangeId? exchange, CancellationToken cancellation)
    {
        var records = new List<ReadableRecord>();
        if (source.IsFolder(parsed))
        {
            await foreach (var record in ReadableRecord.FromBundleAsync(source.Path(parsed), serial, exchange, cancellation))
            {
                records.Add(record);
            }

            return records;
        }

        var reader = await source.OpenAsync(parsed, cancellation);
        var entries = exchange is { } id
            ? await reader.FindAsync(id, cancellation)
            : (await reader.ReadAsync(serial!.Value, 1, cancellation)).Where(entry => entry.Serial == serial).ToList();
        foreach (var entry in entries)
        {
            var contents = 0;
            for (var position = 0; position < entry.Subjects.Count; position++)
            {
                contents += await reader.ContentAsync(entry.Serial, position, cancellation) is null ? 0 : 1;
            }

            records.Add(ReadableRecord.Of(entry, contents));
        }

        return records;
    }

    private static Command Acts()
    {
        var source = new LogSource();
        var json = Commands.Json();
        var command = Commands.New("acts", "Show what operators did: who, what, before and after, and why.", "log acts broker/data/access-log.db");
        command.Add(json);
        source.AddTo(command, withKeys: false);
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            var acts = new List<ReadableRecord>();
            await foreach (var record in AllAsync(parsed, source, cancellation))
            {
                if (string.Equals(record.Event, "ACT", StringComparison.Ordinal))
                {
                    acts.Add(record);
                }
            }

            Telling.Records(acts, parsed.GetValue(json));
            return Ending.Well;
        }));
        return command;
    }

    private static async IAsyncEnumerable<ReadableRecord> AllAsync(
        ParseResult parsed, LogSource source, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        const int AtOnce = 1_000;
        if (source.IsFolder(parsed))
        {
            await foreach (var record in ReadableRecord.FromBundleAsync(source.Path(parsed), serial: null, exchange: null, cancellation))
            {
                yield return record;
            }

            yield break;
        }

        var reader = await source.OpenAsync(parsed, cancellation);
        for (var from = 0L; await reader.ReadAsync(from, AtOnce, cancellation) is { Count: > 0 } entries; from = entries[^1].Serial + 1)
        {
            foreach (var entry in entries)
            {
                yield return ReadableRecord.Of(entry, sealedContents: 0);
            }
        }
    }

    private static Command Proof()
    {
        var source = new LogSource();
        var serial = new Option<long>("--serial") { Description = "The record's serial, from 0.", Required = true };
        var to = new Option<string?>("--out") { Description = "The file to write, by custom *.tlog-proof; without it the proof is printed." };
        var command = Commands.New(
            "proof",
            "Prove one record under the newest published checkpoint (C2SP tlog-proof). 'infolink log verify' checks the file with the log's key alone.",
            "log proof data/access-log.db --serial 0 --out 0.tlog-proof");
        Add(command, serial, to);
        source.AddTo(command, withKeys: false);
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            var proof = source.IsFolder(parsed)
                ? await LogCheck.ProveAsync(source.Path(parsed), parsed.GetValue(serial), cancellation)
                : await LogCheck.ProveAsync(await source.OpenAsync(parsed, cancellation), parsed.GetValue(serial), cancellation);
            if (parsed.GetValue(to) is { } file)
            {
                await File.WriteAllBytesAsync(file, proof.ToBytes(), cancellation);
            }
            else
            {
                Console.Write(proof.ToString());
            }

            return Ending.Well;
        }));
        return command;
    }

    private static Command Export()
    {
        var source = new LogSource();
        var to = new Option<string>("--out") { Description = "The folder to write; new or empty.", Required = true };
        var pins = new Option<string?>("--pins") { Description = "At an agency: its agent's data/pins, its memory of the broker's logs." };
        var command = Commands.New(
            "export",
            "Export a bundle for auditors: everything that the newest published checkpoint covers, and nothing about persons but salted commitments and digests.",
            "log export data/access-log.db --out bundle --pins data/pins");
        Add(command, to, pins);
        source.AddTo(command, withKeys: false);
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            if (source.IsFolder(parsed))
            {
                throw new BundleException("A bundle is exported from a log's database, not from a folder.");
            }

            var reader = await source.OpenAsync(parsed, cancellation);
            var about = await BundleExport.WriteAsync(reader, parsed.GetValue(to)!, parsed.GetValue(pins), TimeProvider.System, cancellation);
            Console.WriteLine(
                $"{about.Size} records of {about.Origin} in {parsed.GetValue(to)}. Records after its checkpoint of {about.PublishedAt:yyyy-MM-dd HH:mm:ss} UTC are not in it.");
            return Ending.Well;
        }));
        return command;
    }

    private static void Add(Command command, params Option[] options)
    {
        foreach (var option in options)
        {
            command.Add(option);
        }
    }

    private static string? OriginOf(string folder)
    {
        var path = Path.Combine(folder, "checkpoint");
        var note = File.Exists(path) ? SignedNote.TryParse(File.ReadAllBytes(path)) : null;
        return note is null ? null : Checkpoint.TryParse(note.Text)?.Origin;
    }

    private static Sha256Digest HashOf(string hex)
    {
        try
        {
            return Sha256Digest.FromBytes(Convert.FromHexString(hex));
        }
        catch (Exception fault) when (fault is FormatException or ArgumentException)
        {
            throw new BundleException("--token-sha256 is 64 hexadecimal digits.", fault);
        }
    }
}
