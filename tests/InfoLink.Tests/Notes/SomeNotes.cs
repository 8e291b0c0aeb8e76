using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Notes;

namespace InfoLink.Tests.Notes;

/// <summary>Names, texts and signatures of every shape that a note may have.</summary>
internal static class SomeNotes
{
    private static readonly string[] Letters = ["a", "Z", "0", ".", "/", "-", "=", "é", "名", "\U0001f511", "\u2014"];

    public static Gen<string> Names { get; } = Gen.NonEmptyListOf(Gen.Elements(Letters)).Select(letters => string.Concat(letters));

    /// <summary>Lines with blanks and empty ones, and such as look like signatures.</summary>
    public static Gen<string> Texts { get; } =
        from lines in Gen.NonEmptyListOf(Gen.OneOf(
            Gen.ListOf(Gen.Elements([.. Letters, " ", "+"])).Select(letters => string.Concat(letters)),
            Gen.Constant("\u2014 name AAAAAAA=")))
        select string.Concat(lines.Select(line => line + "\n"));

    public static Gen<NoteSignature> Signatures { get; } =
        from name in Names
        from id in ArbMap.Default.GeneratorFor<uint>()
        from bytes in Gen.NonEmptyListOf(ArbMap.Default.GeneratorFor<byte>())
        select new NoteSignature(name, id, [.. bytes]);

    public static Gen<SignedNote> Notes { get; } =
        from text in Texts
        from first in Signatures
        from others in Gen.ListOf(Signatures)
        select others.Take(SignedNote.MaxSignatures - 1).Aggregate(SignedNote.Of(text, first), (note, signature) => note.With(signature));
}
