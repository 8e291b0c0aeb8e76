using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using InfoLink.Audit.Bundles;
using InfoLink.Authoring;
using InfoLink.Codes;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tiles;
using InfoLink.Contracts.Trust;
using InfoLink.V1;
using Xunit;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Tests.Fuzzing;

/// <summary>Whatever is written is read again as it was, for every value; what the fuzzer then changes is one byte away from these.</summary>
public sealed class FormPropertyTests
{
    private static Arbitrary<byte[]> BytesOf(int length) => Gen.Choose(0, 255).Select(one => (byte)one).ArrayOf(length).ToArbitrary();

    private static readonly Gen<DateOnly> Dates = Gen.Choose(0, DateOnly.MaxValue.DayNumber).Select(DateOnly.FromDayNumber);

    [Fact]
    public void A_link_code_is_read_from_its_text_in_every_spelling_and_from_nothing_else() => Prop.ForAll(BytesOf(LinkCode.ByteLength), Gen.Choose(0, 31).ToArbitrary(), (bytes, pad) =>
    {
        var code = LinkCode.FromBytes(bytes);
        var text = code.Reveal();
        var spelled = text.ToLowerInvariant().Replace('1', 'l').Replace('0', 'o');
        var padded = text[..^1] + "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[pad];
        return LinkCode.TryParse(text, out var read) && read == code
            && LinkCode.TryParse(spelled, out read) && read == code
            && (!LinkCode.TryParse(padded, out read) || string.Equals(read.Reveal(), padded, StringComparison.Ordinal));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void An_exchange_id_and_a_fingerprint_are_read_from_their_texts() => Prop.ForAll(BytesOf(20), bytes =>
        ExchangeId.TryParse(ExchangeId.FromBytes(bytes.AsSpan(0, 16)).ToString(), out var id) && id == ExchangeId.FromBytes(bytes.AsSpan(0, 16))
        && Fingerprint.TryParse(Fingerprint.FromBytes(bytes).ToString(), out var print) && print == Fingerprint.FromBytes(bytes)).QuickCheckThrowOnFailure();

    [Fact]
    public void An_ID_code_and_a_record_code_are_read_as_they_are_written() => Prop.ForAll(
        Gen.Choose(0, int.MaxValue).ToArbitrary(), Gen.Choose(0, 255).ToArbitrary(), Gen.Elements(IdCodeKind.Resident, IdCodeKind.Provisional, IdCodeKind.Test).ToArbitrary(), (serial, generation, kind) =>
        {
            var code = IdCode.Create(kind, (ulong)serial * 4, (byte)generation);
            var bytes = new byte[IdCode.ByteLength];
            code.CopyTo(bytes);
            var record = ResidentRecordCode.FromBase((ulong)serial * 4);
            var text = record.Reveal();
            var wrong = text[..^1] + (char)('0' + ((text[^1] - '0' + 1 + (generation % 9)) % 10));
            return IdCode.TryFromBytes(bytes, out var read) && read == code
                && ResidentRecordCode.TryParse(text, out var again) && record.Equals(again) && !ResidentRecordCode.TryParse(wrong, out _);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Conditions_are_read_from_canonical_JSON_and_from_the_wire() => Prop.ForAll(
        (from year in Gen.Choose(-1, 9999)
         from days in Dates.ArrayOf(4)
         from given in Gen.Choose(0, 7)
         select new InquiryConditions
         {
             TaxYear = year < 0 ? null : year,
             AsOf = (given & 1) == 0 ? null : days[0],
             ClaimedOn = (given & 2) == 0 ? null : days[1],
             Period = (given & 4) == 0 ? null : days[2] <= days[3] ? new InquiryPeriod(days[2], days[3]) : new InquiryPeriod(days[3], days[2]),
         }).ToArbitrary(),
        conditions => InquiryConditions.TryParseCanonicalJson(conditions.ToCanonicalJson(), out var read) && read == conditions
            && ConditionsMessage.TryRead(V1.InquiryConditions.Parser.ParseFrom(conditions.ToMessage().ToByteArray()), out read) && read == conditions).QuickCheckThrowOnFailure();

    [Fact]
    public void Tiles_have_one_path() => Prop.ForAll(
        Gen.Choose(0, int.MaxValue).ToArbitrary(), Gen.Choose(1, 256).ToArbitrary(), Gen.Choose(0, 63).ToArbitrary(), (half, width, level) =>
        {
            var tile = new TileId(level, (ulong)half * (ulong)half, width);
            return TilePath.TryParse(TilePath.Of(tile)) == tile && TilePath.TryParseEntries(TilePath.OfEntries(tile.Index, width)) == tile with { Level = 0 }
                && TilePath.TryParse(TilePath.Of(tile) + "/") is null && TilePath.TryParse("/" + TilePath.Of(tile)) is null;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_bundle_of_entries_is_read_as_it_was_written() => Prop.ForAll(
        Gen.Choose(0, 255).Select(one => (byte)one).ArrayOf().ArrayOf().Where(entries => entries.Length is > 0 and <= 256).ToArbitrary(), entries =>
        {
            var bytes = EntryBundle.Write([.. entries.Select(entry => new ReadOnlyMemory<byte>(entry))]);
            return EntryBundle.Read(bytes, entries.Length).Select(entry => entry.ToArray()).Zip(entries).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Canonical_JSON_of_any_texts_is_read_and_written_alike() => Prop.ForAll(ArbMap.Default.ArbFor<Dictionary<string, string[]>>(), members =>
    {
        var node = DocumentNode.Mapping.Containing([.. members.Where(member => IsUnicode(member.Key)).Select(member => (
            member.Key, (DocumentNode?)DocumentNode.ListOf((member.Value ?? []).Where(IsUnicode).Select(text => DocumentNode.Of(text)))))]);
        var bytes = CanonicalJson.Write(node);
        var errors = new ErrorSheet("property");
        return CanonicalJson.Read(bytes, errors) is { } read && CanonicalJson.Write(read).AsSpan().SequenceEqual(bytes) && errors.IsEmpty;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_note_of_any_lines_is_read_and_written_alike() => Prop.ForAll(ArbMap.Default.ArbFor<string[]>(), BytesOf(32), (lines, seed) =>
    {
        var text = "origin\n" + string.Concat((lines ?? []).Where(IsUnicode).Select(line => $"{string.Concat(line.Where(character => character >= ' '))}\n"));
        using var key = Ed25519PrivateKey.FromSeed(seed);
        var note = SignedNote.Of(text, new NoteSigner("log.example/1", NoteKeyKind.Log, key).Sign(text));
        return SignedNote.TryParse(note.ToBytes()) is { } read && string.Equals(read.Text, text, StringComparison.Ordinal) && read.ToBytes().AsSpan().SequenceEqual(note.ToBytes());
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_subjects_leaf_a_record_and_a_refusal_are_read_as_they_were_written() => Prop.ForAll(BytesOf(SubjectLeaf.Size), Gen.Choose(0, int.MaxValue).ToArbitrary(), (bytes, number) =>
    {
        var record = new ExportedRecord { Serial = (ulong)number, Salt = ByteString.CopyFrom(bytes.AsSpan(0, 32)), SubjectLeaves = { ByteString.CopyFrom(bytes) } };
        byte[] file = [.. ProtoEdits.Varint((ulong)record.CalculateSize()), .. record.ToByteArray()];
        var refusal = new Contracts.Refusals.Refusal(RefusalName.TokenSpent, Convert.ToBase64String(bytes), TimeSpan.FromMilliseconds(number % 3_600_000));
        return SubjectLeaf.FromBytes(bytes).ToBytes().AsSpan().SequenceEqual(bytes)
            && RecordFile.Read([.. file, .. file]).SequenceEqual([record, record])
            && RefusalWire.TryRead(refusal.ToRpcException()) == refusal with { Detail = refusal.Detail[..Math.Min(200, refusal.Detail.Length)] };
    }).QuickCheckThrowOnFailure();

    private static bool IsUnicode(string? text) => text is not null && PlainText.IsWellFormed(text);
}
