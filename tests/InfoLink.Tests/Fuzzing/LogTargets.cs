using System.Text;
using Google.Protobuf;
using InfoLink.Audit.Bundles;
using InfoLink.Audit.Logs;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Tiles;
using InfoLink.V1;

namespace InfoLink.Tests.Fuzzing;

/// <summary>Notes, checkpoints, cosignatures, receipts, proofs, tiles and bundles: no changed one proves anything that was not signed.</summary>
internal static class LogTargets
{
    public static IEnumerable<FuzzTarget> Of(RealExchanges real)
    {
        var members = real.Folder.Members();
        var logs = members.Broker.Logs;
        var log = KnownLog.Of(members).Single(known => known.Key.Equals(logs[0]));
        var published = File.ReadAllBytes(Path.Combine(real.Bundle, "checkpoint"));
        var signed = SignedCheckpoint.Open(published, logs[0])!;
        var receipts = new[] { real.Approved.Receipt, real.ApprovedToRedeem.Receipt };
        var texts = receipts.Select(receipt => SignedNote.TryParse(receipt.Checkpoint.Span)!.Text).Append(signed.Note.Text).ToHashSet(StringComparer.Ordinal);

        yield return new FuzzTarget("note", Form.Text, [published, real.Approved.Receipt.Checkpoint.ToByteArray(), real.Brought.Checkpoint.ToByteArray()], Note) { Weight = 2 };
        yield return new FuzzTarget("checkpoint-text", Form.Text, [Encoding.UTF8.GetBytes(signed.Note.Text)], bytes => Checkpoint.TryParse(Encoding.UTF8.GetString(bytes)) is { } read && read.ToText().Length > 0);
        yield return new FuzzTarget("checkpoint-signed", Form.Text, [published], bytes => Signed(bytes, logs[0], log.Witnesses, texts));
        yield return new FuzzTarget("cosignature", Form.Text, [real.Cosigned.Cosignature.ToByteArray()[..^1]], bytes => Cosigned(bytes, real, members.Broker.WitnessKey!));
        yield return new FuzzTarget("receipt", Form.Proto, [.. receipts.Select(receipt => receipt.ToByteArray())], Readers.Message<Receipt>(message => Receipt(message, logs, receipts))) { Weight = 2 };
        yield return new FuzzTarget("receipt-of-token", Form.Proto, [real.Approved.Receipt.ToByteArray()], Readers.Message<Receipt>(message => OfToken(message, real)));
        yield return new FuzzTarget("consistency-proof", Form.Proto, [real.Redeemed.Consistency[0].ToByteArray()], Consistency(real, receipts.Append(new Receipt { Checkpoint = ByteString.CopyFrom(published) })));
        yield return new FuzzTarget("open-part", Form.Proto, [.. receipts.Select(receipt => receipt.OpenPart.ToByteArray())], OpenPart);

        var proof = LogCheck.ProveAsync(real.Bundle, 0, CancellationToken.None).GetAwaiter().GetResult();
        var leaf = MerkleTree.LeafHash(proof.Extra.Span);
        yield return new FuzzTarget("tlog-proof", Form.Text, [proof.ToBytes()], bytes => Proof(bytes, proof, leaf, logs[0], new Quorum(members.Quorum, members.Witnesses)));

        var entries = Directory.GetFiles(Path.Combine(real.Bundle, "tile", "entries"), "*", SearchOption.AllDirectories)[0];
        var width = int.Parse(Path.GetFileName(entries), System.Globalization.CultureInfo.InvariantCulture);
        yield return new FuzzTarget("entry-bundle", Form.Bytes, [File.ReadAllBytes(entries)], bytes => Entries(bytes, width), typeof(EntryBundleException));
        yield return new FuzzTarget("record-file", Form.Bytes, [File.ReadAllBytes(Directory.GetFiles(Path.Combine(real.Bundle, "records"), "*", SearchOption.AllDirectories)[0])], Records);
        yield return new FuzzTarget("bundle-about", Form.Json, [File.ReadAllBytes(Path.Combine(real.Bundle, BundleAbout.FileName))], About);
        yield return new FuzzTarget("fork-evidence", Form.Text, [[.. published, (byte)'\n', .. published]], bytes => ForkEvidence.Split(bytes).ToList() is { Count: > 0 } pieces
            && pieces.TrueForAll(piece => piece.Length <= bytes.Length));
        yield return Bundle(real, log);
    }

    private static bool Note(byte[] bytes)
    {
        if (SignedNote.TryParse(bytes) is not { } note)
        {
            return false;
        }

        Readers.Require(note.ToBytes().AsSpan().SequenceEqual(bytes), "one note has two forms");
        return Checkpoint.TryParse(note.Text) is { } checkpoint ? checkpoint.ToText().Length > 0 : note.Text.Length > 0;
    }

    private static bool Signed(byte[] bytes, NoteKey key, IReadOnlyCollection<NoteKey> witnesses, HashSet<string> texts)
    {
        if (SignedCheckpoint.Open(bytes, key) is not { } signed)
        {
            return false;
        }

        Readers.Require(texts.Contains(signed.Note.Text), "a checkpoint that the log has not signed opens");
        return CosignedCheckpoint.Read(signed, witnesses) is not null;
    }

    private static bool Cosigned(byte[] bytes, RealExchanges real, NoteKey witness)
    {
        var text = SignedNote.TryParse(real.Brought.Checkpoint.Span)!.Text;
        if (NoteSignature.TryParse(Encoding.UTF8.GetString(bytes)) is not { } line || Cosignature.Verify(text, line, witness) is null)
        {
            return false;
        }

        Readers.Require(bytes.AsSpan().SequenceEqual(real.Cosigned.Cosignature.Span[..^1]), "a changed cosignature is good");
        return true;
    }

    private static bool Receipt(Receipt message, IReadOnlyCollection<NoteKey> logs, IEnumerable<Receipt> real)
    {
        if (!Readers.Done(ReceiptProof.Check(message, logs)))
        {
            return false;
        }

        Readers.Require(
            real.Any(good => good.OpenPart.Equals(message.OpenPart) && good.Salt.Equals(message.Salt) && good.PrivateRoot.Equals(message.PrivateRoot) && good.Index == message.Index),
            "a receipt of what is on no record is good");
        return true;
    }

    private static bool OfToken(Receipt message, RealExchanges real)
    {
        if (!TokenPayload(real, out var claims) || ApprovedRecord.CheckAgainstToken(message, claims, real.Token.Sha256) is not null)
        {
            return false;
        }

        // Only the record holds these two; that they are on record is the proof's to say.
        var (good, read) = (AccessEntry.TryParse(real.Approved.Receipt.OpenPart.Span)!, AccessEntry.TryParse(message.OpenPart.Span)!);
        (read.TimeMs, read.RequestCommitment) = (good.TimeMs, good.RequestCommitment);
        Readers.Require(good.Equals(read), "a receipt that is not of its token is good");
        return true;

        static bool TokenPayload(RealExchanges real, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Contracts.Tokens.TokenClaims? claims) =>
            Contracts.Tokens.TokenPayload.TryRead(System.Buffers.Text.Base64Url.DecodeFromChars(real.Token.Reveal().Split('.')[1]), out claims);
    }

    private static Func<byte[], bool> Consistency(RealExchanges real, IEnumerable<Receipt> trees)
    {
        var checkpoints = trees.Select(tree => tree.Checkpoint).Append(real.Redeemed.Checkpoint).Where(note => !note.IsEmpty).Select(note => Checkpoint.TryParse(SignedNote.TryParse(note.Span)!.Text)!).ToList();
        var good = real.Redeemed.Consistency[0];
        var (smaller, larger) = (checkpoints.First(tree => tree.Size == good.From), checkpoints.First(tree => tree.Size == good.To));
        return Readers.Message<ConsistencyProof>(message =>
        {
            if (!ReceiptProof.Joins(smaller, larger, message))
            {
                return false;
            }

            Readers.Require(message.Hashes.Equals(good.Hashes), "another proof joins the same trees");
            Readers.Require(!ReceiptProof.Joins(smaller with { Root = larger.Root }, larger, message), "a proof joins trees that are not one history");
            return true;
        });
    }

    private static bool OpenPart(byte[] bytes)
    {
        if (AccessEntry.TryParse(bytes) is not { } part)
        {
            return false;
        }

        Readers.Require(part.ToByteArray().AsSpan().SequenceEqual(bytes), "one open part has two forms");
        return true;
    }

    private static bool Proof(byte[] bytes, TlogProof good, Sha256Digest leaf, NoteKey log, Quorum quorum)
    {
        if (TlogProof.TryParse(bytes) is not { } proof)
        {
            return false;
        }

        Readers.Require(proof.ToBytes().AsSpan().SequenceEqual(bytes), "one proof has two forms");
        if (proof.Verify(leaf, log, quorum) is TlogProofDecision.Proved)
        {
            Readers.Require(proof.Index == good.Index && proof.Hashes.SequenceEqual(good.Hashes) && string.Equals(proof.Checkpoint.Text, good.Checkpoint.Text, StringComparison.Ordinal), "a changed proof holds");
        }

        return true;
    }

    private static bool Entries(byte[] bytes, int width)
    {
        Readers.Require(EntryBundle.Write(EntryBundle.Read(bytes, width)).AsSpan().SequenceEqual(bytes), "one bundle of entries has two forms");
        return true;
    }

    private static bool Records(byte[] bytes)
    {
        var whole = true;
        foreach (var record in RecordFile.Read(bytes))
        {
            whole &= record is not null && !ReferenceEquals(record, RecordFile.NoRecord);
            _ = record is not null && RecordFile.EntryOf(record) is { Length: AccessEntry.Size };
        }

        return whole;
    }

    private static bool About(byte[] bytes)
    {
        if (BundleAbout.TryParse(bytes) is not { } about)
        {
            return false;
        }

        Readers.Require(about.ToBytes().AsSpan().SequenceEqual(bytes), "one description has two forms");
        return true;
    }

    /// <summary>A whole bundle with one file of it as the input says; a changed tile or record is always found.</summary>
    private static FuzzTarget Bundle(RealExchanges real, KnownLog log)
    {
        var copy = Directory.CreateDirectory(real.Folder.Path("bundle-fuzzed")).FullName;
        string[] files = [.. Directory.GetFiles(real.Bundle, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(real.Bundle, file)).Order(StringComparer.Ordinal)];
        foreach (var file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(copy, file))!);
            File.Copy(Path.Combine(real.Bundle, file), Path.Combine(copy, file));
        }

        // The first byte of an input says which file it takes the place of.
        return new FuzzTarget("bundle", Form.Bytes, [.. files.Select((file, number) => (byte[])[(byte)number, .. File.ReadAllBytes(Path.Combine(real.Bundle, file))])], bytes =>
        {
            if (bytes.Length == 0)
            {
                return false;
            }

            var file = files[bytes[0] % files.Length];
            var (good, bad) = (File.ReadAllBytes(Path.Combine(real.Bundle, file)), bytes[1..]);
            File.WriteAllBytes(Path.Combine(copy, file), bad);
            try
            {
                var report = LogCheck.FolderAsync(copy, log, [], CancellationToken.None).GetAwaiter().GetResult();
                Readers.Require(!report.Sound || good.AsSpan().SequenceEqual(bad) || file is "checkpoint" or BundleAbout.FileName, $"a changed {file} is not found");
                return report.Sound;
            }
            finally
            {
                File.WriteAllBytes(Path.Combine(copy, file), good);
            }
        });
    }
}
