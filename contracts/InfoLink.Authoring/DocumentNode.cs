using System.Collections.Immutable;

namespace InfoLink.Authoring;

/// <summary>
/// A document as plain nodes with their lines, whether people wrote it (YAML) or a machine did (canonical JSON): every scalar is text until a field
/// says what it must be.
/// </summary>
internal abstract record DocumentNode(int Line)
{
    public sealed record Scalar(int Line, string Text) : DocumentNode(Line);

    public sealed record Sequence(int Line, ImmutableArray<DocumentNode> Nodes) : DocumentNode(Line);

    public sealed record Mapping(int Line, ImmutableArray<DocumentField> Fields) : DocumentNode(Line)
    {
        public static Mapping Containing(params IEnumerable<(string Key, DocumentNode? Value)> fields) =>
            new(0, [.. fields.Where(field => field.Value is not null).Select(field => new DocumentField(field.Key, 0, field.Value!))]);

        /// <summary>Without the named fields.</summary>
        public Mapping Without(params string[] keys) =>
            this with { Fields = [.. Fields.Where(field => !keys.Contains(field.Key, StringComparer.Ordinal))] };

        /// <summary>With a field set, in the place of one of that name where there is one; null removes it.</summary>
        public Mapping With(string key, DocumentNode? value)
        {
            var rest = Without(key);
            return value is null ? rest : rest with { Fields = rest.Fields.Add(new DocumentField(key, 0, value)) };
        }

        public DocumentNode? Find(string key) => Fields.FirstOrDefault(field => string.Equals(field.Key, key, StringComparison.Ordinal))?.Value;
    }

    public static Scalar Of(string text) => new(0, text);

    public static Sequence ListOf(IEnumerable<DocumentNode> nodes) => new(0, [.. nodes]);
}

internal sealed record DocumentField(string Key, int KeyLine, DocumentNode Value);
