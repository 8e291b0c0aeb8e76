using InfoLink.Authoring;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Trust;

namespace InfoLink.Tests.Fuzzing;

/// <summary>What the authority signs and what people write for it: envelope, payloads, YAML, and the broker's directory.</summary>
internal static class DocumentTargets
{
    private const int Small = 256 * 1024;

    public static IEnumerable<FuzzTarget> Of(RealExchanges real)
    {
        var held = TrustFolder.Open(real.Folder.AgencyPath(Samples.Network.NetworkFolder.Provider, "trust"), TimeProvider.System).Held!;
        var (authority, members, catalog) = (held.Authorities[0].Envelope, held.Members!.Envelope, held.CatalogDocuments[^1].Envelope);
        var directory = Documents(real).Single(document => Authoring.Documents.KindOf(document) == DocumentKind.Directory);
        var known = new[] { authority, members, catalog }.Select(document => document.Sha256).ToHashSet();
        var list = real.Folder.Members();

        yield return new FuzzTarget("envelope", Form.Json, [authority.ToBytes(), members.ToBytes(), directory.ToBytes()], Envelope, typeof(DocumentException)) { Weight = 2 };
        yield return new FuzzTarget("directory-signed", Form.Json, [directory.ToBytes()], SignedDirectory, typeof(DocumentException));
        yield return Payload("authority", authority, document => Authoring.Documents.Authority(document));
        yield return Payload("members", members, document => Authoring.Documents.Members(document));
        yield return Payload("catalog", Cut(catalog), document => Authoring.Documents.Catalog(document)) with { Weight = 4 };
        yield return Payload("directory", directory, document => Authoring.Documents.Directory(document));
        yield return new FuzzTarget("catalog-yaml", Form.Yaml, [File.ReadAllBytes(real.Folder.CatalogPath)], bytes => Whole(CatalogFile.Parse("catalog.yaml", bytes))) { Weight = 6 };
        yield return new FuzzTarget("members-yaml", Form.Yaml, [File.ReadAllBytes(real.Folder.MembersPath)], bytes => Whole(MembersFile.Parse("members.yaml", bytes))) { Weight = 2 };

        bool Envelope(byte[] bytes)
        {
            var document = SignedDocument.Parse(bytes);
            Readers.Require(SignedDocument.Parse(document.ToBytes()).Sha256 == document.Sha256, "an envelope that is another when it is written and read again");
            foreach (var kind in Enum.GetValues<DocumentKind>())
            {
                Readers.Require(held.Authority.Count(document, kind) < held.Authority.Threshold || known.Contains(document.Sha256), "a document that the authority has not signed passes for signed");
            }

            return true;
        }

        bool SignedDirectory(byte[] bytes)
        {
            var document = SignedDocument.Parse(bytes);
            _ = DirectorySignature.Verify(document, list, real.Then);
            Readers.Require(document.Sha256 == directory.Sha256, "a directory that the broker has not signed passes for signed");
            return true;
        }
    }

    private static FuzzTarget Payload(string name, SignedDocument good, Action<SignedDocument> read) => new(
        $"{name}-document",
        Form.Canonical,
        [good.Payload.ToArray()],
        bytes => Readers.Takes(() =>
        {
            var document = SignedDocument.Draft(bytes);
            read(document);
            _ = Authoring.Documents.KindOf(document);
        }),
        typeof(DocumentException));

    private static bool Whole<T>(Loaded<T> loaded)
        where T : class
    {
        if (loaded is not Loaded<T>.Broken broken)
        {
            return true;
        }

        Readers.Require(!broken.Errors.IsEmpty && broken.Errors.All(error => error.Message.Length > 0), "a file is refused without an error");
        return false;
    }

    private static SignedDocument Cut(SignedDocument catalog) => catalog.Payload.Length <= Small
        ? catalog
        : throw new InvalidOperationException("The sample's catalog has grown too long to be fuzzed whole.");

    private static IEnumerable<SignedDocument> Documents(RealExchanges real)
    {
        var pieces = new DocumentPieces();
        return [.. real.Watched.Select(pieces.Add).OfType<SignedDocument>()];
    }
}
