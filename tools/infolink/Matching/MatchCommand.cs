using System.CommandLine;
using System.Text.Json;
using InfoLink.Matching;
using InfoLink.Tool.Documents;

namespace InfoLink.Tool.Matching;

/// <summary><c>infolink match</c>: whether the two records of each pair are one person's, and why not.</summary>
internal static class MatchCommand
{
    private const int ResultWidth = 11;

    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = """A JSON file: [{"a":{"name","kana","address","birth","sex"},"b":{…}}]; '-' reads standard input.""" };
        var json = Commands.Json();
        var command = Commands.New(
            "match",
            "Say of each pair of records whether they are one person's: match, no match or ambiguous, with reasons. Prints no value of them.",
            "match pairs.json");
        command.Add(file);
        command.Add(json);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            using var input = parsed.GetValue(file) is "-" ? Console.OpenStandardInput() : File.OpenRead(parsed.GetValue(file)!);
            var results = Read(input).ConvertAll(pair => AttributeMatch.Compare(pair.A, pair.B));
            if (parsed.GetValue(json))
            {
                DocumentTelling.Json(results.Select((result, index) => new
                {
                    pair = index + 1,
                    outcome = Word(result.Outcome),
                    reasons = result.Reasons.Select(reason => new
                    {
                        reason.Id,
                        attribute = reason.Attribute.ToString().ToLowerInvariant(),
                        weight = reason.Weight.ToString().ToLowerInvariant(),
                        reason.En,
                        reason.Ja,
                    }),
                }));
            }
            else
            {
                Tell(results);
            }

            return Ending.Well;
        }));
        return command;
    }

    private static void Tell(List<MatchResult> results)
    {
        var width = results.Count.ToString().Length;
        for (var i = 0; i < results.Count; i++)
        {
            var begin = $"{(i + 1).ToString().PadLeft(width)}  {Word(results[i].Outcome).PadRight(ResultWidth)}";
            if (results[i].Reasons.Count == 0)
            {
                Console.WriteLine(begin.TrimEnd());
            }

            foreach (var reason in results[i].Reasons)
            {
                Console.WriteLine($"{begin}{reason.Id}: {reason.Ja} / {reason.En}");
                begin = new string(' ', begin.Length);
            }
        }
    }

    private static string Word(MatchOutcome outcome) => outcome switch
    {
        MatchOutcome.Match => "match",
        MatchOutcome.Ambiguous => "ambiguous",
        _ => "no match",
    };

    /// <summary>The pairs of a file.</summary>
    /// <exception cref="FormatException">It is no list of pairs; which pair is none, and of which side.</exception>
    internal static List<(NormalForm A, NormalForm B)> Read(Stream file)
    {
        try
        {
            using var document = JsonDocument.Parse(file);
            return document.RootElement.ValueKind is JsonValueKind.Array
                ? [.. document.RootElement.EnumerateArray().Select((pair, index) => (Record(pair, index, "a"), Record(pair, index, "b")))]
                : throw new FormatException("""The file must hold a list of pairs: [{"a":{…},"b":{…}}].""");
        }
        catch (JsonException fault)
        {
            throw new FormatException($"The file is no JSON: line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1}.", fault);
        }
        catch (InvalidOperationException fault)
        {
            throw new FormatException("The file has a member whose name is no text: half of a surrogate pair.", fault);
        }
    }

    private static NormalForm Record(JsonElement pair, int index, string side)
    {
        if (pair.ValueKind is not JsonValueKind.Object || !pair.TryGetProperty(side, out var record) || record.ValueKind is not JsonValueKind.Object)
        {
            throw new FormatException($"Pair {index + 1} has no record '{side}': a pair is an object with 'a' and 'b', each an object.");
        }

        return NormalForm.Of(new BasicAttributes
        {
            Name = Member(record, "name", index, side),
            Kana = Member(record, "kana", index, side),
            Address = Member(record, "address", index, side),
            BirthDate = Member(record, "birth", index, side),
            Sex = Member(record, "sex", index, side),
        });
    }

    private static string? Member(JsonElement record, string name, int index, string side)
    {
        if (!record.TryGetProperty(name, out var value))
        {
            return null;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                return null;
            case JsonValueKind.Number:
                return value.GetRawText();
            case JsonValueKind.String:
                try
                {
                    return value.GetString();
                }
                catch (InvalidOperationException)
                {
                    return "\uFFFD"; // Half a surrogate pair, or bytes that are no UTF-8: a character was lost.
                }

            default:
                throw new FormatException($"Pair {index + 1}, '{side}', '{name}' is no text.");
        }
    }
}
