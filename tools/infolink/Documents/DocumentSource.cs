using InfoLink.Authoring;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;

namespace InfoLink.Tool.Documents;

/// <summary>Documents from files, in whichever form they lie there, and back into files.</summary>
internal static class DocumentSource
{
    private const int ShownErrors = 100;

    /// <param name="path">YAML, a draft, or a signed document.</param>
    /// <param name="kind">What it must be; null: anything.</param>
    /// <exception cref="RefusedException">A YAML file with errors (all of them), or another kind.</exception>
    public static DocumentFile Open(string path, DocumentKind? kind = null) => DocumentFile.Open(path, kind) switch
    {
        Loaded<DocumentFile>.Whole { Value: var file } when kind is null || file.Kind == kind => file,
        Loaded<DocumentFile>.Whole { Value: var file } => throw new RefusedException($"'{path}' is a document of the kind {file.Kind.Name()}, and {kind!.Value.Name()} is needed here."),
        Loaded<DocumentFile>.Broken broken => throw Errors(broken.Errors),
        _ => throw new InvalidOperationException("A file is whole or broken."),
    };

    /// <summary>One that has an envelope.</summary>
    public static DocumentFile OpenEnvelope(string path, DocumentKind? kind = null) => Open(path, kind) is { Envelope: not null } file
        ? file
        : throw new RefusedException($"'{path}' is a file as people write it. Build it first ('infolink catalog build', 'infolink member build'); what is signed is canonical JSON.");

    /// <summary>An authority that its own threshold has signed: nobody's word is taken for it but its keys'.</summary>
    public static Authority Authority(string path)
    {
        var file = OpenEnvelope(path, DocumentKind.Authority);
        file.Authority!.Require(file.Envelope!, DocumentKind.Authority);
        return file.Authority;
    }

    /// <summary>A member list, signed or as people write it; with an authority it must be signed, and its signatures must be good.</summary>
    public static MemberList Members(string path, string? authority)
    {
        var file = Open(path, DocumentKind.Members);
        if (authority is not null)
        {
            RequireSigned(file, Authority(authority));
        }

        return file.Members!;
    }

    /// <exception cref="RefusedException">Not a signed document.</exception>
    /// <exception cref="DocumentException">Of another platform, or signatures are missing.</exception>
    public static void RequireSigned(DocumentFile file, Authority authority)
    {
        if (file is not { Envelope: { } envelope, Header: { } header })
        {
            throw new RefusedException($"'{file.Name}' bears no signatures of the authority. Take the signed document, or leave --authority out.");
        }

        if (!string.Equals(header.Platform, authority.Platform, StringComparison.Ordinal))
        {
            throw new DocumentException(DocumentFault.OtherPlatform, $"'{file.Name}' is of the platform {header.Platform}, and the authority is that of {authority.Platform}.");
        }

        authority.Require(envelope, file.Kind);
    }

    public static RefusedException Errors(IReadOnlyCollection<AuthoringError> errors) => new(
        string.Join('\n', errors.Take(ShownErrors)) + (errors.Count > ShownErrors ? $"\nand {errors.Count - ShownErrors} more" : ""));

    public static T Whole<T>(Loaded<T> loaded)
        where T : class => loaded switch
        {
            Loaded<T>.Whole whole => whole.Value,
            Loaded<T>.Broken broken => throw Errors(broken.Errors),
            _ => throw new InvalidOperationException("A file is whole or broken."),
        };

    /// <exception cref="IOException">The file exists.</exception>
    public static void WriteNew(string path, byte[] bytes)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        file.Write(bytes);
        file.Flush(flushToDisk: true);
    }

    /// <summary>The whole new content or the whole old one, whatever happens in between.</summary>
    public static void Replace(string path, byte[] bytes)
    {
        var beside = path + ".new";
        File.Delete(beside);
        WriteNew(beside, bytes);
        File.Move(beside, path, overwrite: true);
    }
}
