using System.Globalization;
using System.Text;
using Google.Protobuf;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Transparency;
using InfoLink.Transparency.Postgres;
using InfoLink.Transparency.Sqlite;
using InfoLink.V1;
using Microsoft.Extensions.Logging.Abstractions;

// LogWriter sqlite|postgres <file or connection string> <origin> <seed of the log's key, base64>
// Once it reads a line it opens the log and appends from 16 writers until it is killed. After each append is acknowledged, one line:
//   <serial> <leaf hash> <checkpoint's size> <checkpoint's root>      (hashes in hexadecimal)
// An append that was refused is the line "refused"; it is tried again with another entry.
var (kind, database, origin) = (args[0], args[1], args[2]);
using var key = Ed25519PrivateKey.FromSeed(Convert.FromBase64String(args[3]));
var signer = new NoteSigner(origin, NoteKeyKind.Log, key);
await using var output = Console.OpenStandardOutput();
if (Console.ReadLine() is null)
{
    return 2;
}

IEntryStore store = string.Equals(kind, "sqlite", StringComparison.Ordinal)
    ? SqliteEntryStore.Open(database, origin)
    : await PostgresEntryStore.OpenAsync(database, origin, CancellationToken.None);
await using var log = await AccessLog.OpenAsync(
    store, signer, TimeProvider.System, NullLogger<AccessLog>.Instance);
await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(WriteAsync)));
return 0;

async Task WriteAsync()
{
    while (true)
    {
        try
        {
            var open = new OpenPart { Event = AccessEvent.Approved, TimeMs = 1, ExchangeId = ByteString.CopyFrom(ExchangeId.New().ToArray()) };
            var appended = await log.AppendAsync(new NewEntry(open, [new NewSubject(new SubjectLeaf(0, SubjectOutcome.Unspecified))]));
            var receipt = await appended.ToReceiptAsync(CancellationToken.None);
            var tree = SignedCheckpoint.Open(receipt.Checkpoint.Span, signer.Key)!.Checkpoint;
            Say(string.Create(
                CultureInfo.InvariantCulture,
                $"{appended.Serial} {Convert.ToHexString(appended.LeafHash.Span)} {tree.Size} {Convert.ToHexString(tree.Root.Span)}"));
        }
        catch (LogUnavailableException)
        {
            Say("refused");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }
}

// One write to the pipe is whole or not at all, also where the process is killed.
void Say(string line)
{
    var bytes = Encoding.ASCII.GetBytes(line + "\n");
    lock (output)
    {
        output.Write(bytes);
    }
}
