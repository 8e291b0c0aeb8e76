using System.Collections.Immutable;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace InfoLink.Authoring;

/// <summary>
/// Reads YAML events into nodes. The representation model of the library is passed by: it stops at the first duplicate key, and it
/// follows aliases, with which a few lines can stand for gigabytes. Anchors, aliases and tags are refused, depth is bounded.
/// </summary>
internal sealed class YamlTree
{
    private const int MaxDepth = 16;
    private const int MaxNodes = 2_000_000; // Four times what 16 MiB of entries hold; a list of nothing but dashes has more.
    private readonly Parser _events;
    private readonly ErrorSheet _errors;
    private int _nodes;

    private YamlTree(string text, ErrorSheet errors)
    {
        _events = new Parser(new StringReader(text));
        _errors = errors;
    }

    /// <summary>The root of the file's one document; null, with the error on the sheet, where there is none that can be read.</summary>
    public static DocumentNode? Read(string text, ErrorSheet errors)
    {
        try
        {
            return new YamlTree(text, errors).Document();
        }
        catch (YamlException fault)
        {
            // Of a span, the end is where the reader stumbled; the start may be a good line before it.
            errors.Add(Line(fault.End), "", $"Not YAML from here on: {fault.Message} Nothing behind this line was read.");
            return null;
        }
        catch (Exception fault) when (fault is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // The library's own faults, on texts that are not YAML (a NUL where a plain scalar begins, for one): it knows no better line than the last it gave.
            errors.Add(0, "", "Not YAML: look for control characters and for quotes that are not closed. Nothing behind the place was read.");
            return null;
        }
        catch (Unreadable)
        {
            return null; // Already on the sheet, at its line.
        }
    }

    private DocumentNode? Document()
    {
        _events.Consume<StreamStart>();
        if (!_events.TryConsume<DocumentStart>(out _))
        {
            _errors.Add(1, "", "The file is empty.");
            return null;
        }

        var root = Node("", depth: 0);
        _events.Consume<DocumentEnd>();
        if (_events.TryConsume<DocumentStart>(out var second))
        {
            _errors.Add(Line(second.Start), "", "A second document begins here. One file holds one document.");
        }

        return root;
    }

    private DocumentNode Node(string path, int depth)
    {
        if (depth > MaxDepth)
        {
            throw Stop(_events.Current!, path, $"Nested deeper than {MaxDepth} levels. Nothing behind this line was read.");
        }

        if (++_nodes > MaxNodes)
        {
            throw Stop(_events.Current!, path, $"More than {MaxNodes} values. Nothing behind this line was read.");
        }

        if (_events.TryConsume<AnchorAlias>(out var alias))
        {
            throw Stop(alias, path, "Aliases are not allowed: what a reader sees must be all there is. Write the content out. Nothing behind this line was read.");
        }

        var start = _events.Consume<NodeEvent>();
        Plain(start, path);
        if (start is Scalar { Value: var value } && !PlainText.IsWellFormed(value))
        {
            throw Stop(start, path, "Half a surrogate pair stands here: no character of Unicode. Nothing behind this line was read.");
        }

        return start switch
        {
            Scalar scalar => new DocumentNode.Scalar(Line(scalar.Start), scalar.Value),
            SequenceStart => Sequence(Line(start.Start), path, depth),
            _ => Mapping(Line(start.Start), path, depth),
        };
    }

    private DocumentNode.Sequence Sequence(int line, string path, int depth)
    {
        var nodes = ImmutableArray.CreateBuilder<DocumentNode>();
        while (!_events.TryConsume<SequenceEnd>(out _))
        {
            nodes.Add(Node($"{path}[{nodes.Count}]", depth + 1));
        }

        return new DocumentNode.Sequence(line, nodes.ToImmutable());
    }

    private DocumentNode.Mapping Mapping(int line, string path, int depth)
    {
        var fields = ImmutableArray.CreateBuilder<DocumentField>();
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        while (!_events.TryConsume<MappingEnd>(out _))
        {
            if (!_events.TryConsume<Scalar>(out var key))
            {
                throw Stop(_events.Current!, path, "A field's name must be plain text. Nothing behind this line was read.");
            }

            Plain(key, path);
            if (!PlainText.IsWellFormed(key.Value))
            {
                throw Stop(key, path, "Half a surrogate pair stands here: no character of Unicode. Nothing behind this line was read.");
            }

            var keyLine = Line(key.Start);
            var value = Node(Spot.Join(path, key.Value), depth + 1);
            if (lines.TryAdd(key.Value, keyLine))
            {
                fields.Add(new DocumentField(key.Value, keyLine, value));
            }
            else
            {
                _errors.Add(keyLine, Spot.Join(path, key.Value), $"Stands twice: first in line {lines[key.Value]}. Keep one of the two.");
            }
        }

        return new DocumentNode.Mapping(line, fields.ToImmutable());
    }

    private void Plain(NodeEvent node, string path)
    {
        if (!node.Anchor.IsEmpty)
        {
            _errors.Add(Line(node.Start), path, "Anchors are not allowed: write the content out where it is needed.");
        }

        if (!node.Tag.IsEmpty)
        {
            _errors.Add(Line(node.Start), path, "Tags are not allowed: each field already has its type.");
        }
    }

    private Unreadable Stop(ParsingEvent at, string path, string message)
    {
        _errors.Add(Line(at.Start), path, message);
        return new Unreadable();
    }

    private static int Line(Mark mark) => (int)mark.Line;

    /// <summary>Ends the reading of one file; never leaves this class.</summary>
    private sealed class Unreadable : Exception;
}
