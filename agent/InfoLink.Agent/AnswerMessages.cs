using Google.Protobuf;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;

namespace InfoLink.Agent;

/// <summary>The payload inside the seal, to values and back.</summary>
internal static class AnswerMessages
{
    private const int MaxKinds = 64;
    private const int MaxItems = 1000;

    public static byte[] Write(IReadOnlyDictionary<KindId, Items> kinds)
    {
        var answered = new AnsweredKinds();
        foreach (var (kind, items) in kinds.OrderBy(pair => pair.Key.Value, StringComparer.Ordinal))
        {
            var message = new AnsweredKind { Kind = kind.Value };
            message.Items.Add(items.OrderBy(item => item.Key, StringComparer.Ordinal).Select(item => item.Value switch
            {
                ItemAnswer.Value value => new V1.DataItem { Id = item.Key, Value = value.Text },
                ItemAnswer.Absent absent => new V1.DataItem { Id = item.Key, Absent = absent.Reason.Id },
                _ => throw new InvalidOperationException("An item is a value or absent."),
            }));
            answered.Kinds.Add(message);
        }

        return new Answer { Answered = answered }.ToByteArray();
    }

    public static byte[] Write(Contracts.Refusals.Refusal refusal) => new Answer { Refused = refusal.ToMessage() }.ToByteArray();

    public static byte[] Write(DateTimeOffset pendingUntil) =>
        new Answer { Pending = new Pending { Deadline = pendingUntil.ToUnixTimeSeconds() } }.ToByteArray();

    /// <summary>Null where the payload is not an answer.</summary>
    public static Answer? TryRead(ReadOnlySpan<byte> payload)
    {
        var answer = Answer.Parser.TryParse(payload);
        return answer?.ResultCase is null or Answer.ResultOneofCase.None ? null : answer;
    }

    /// <summary>The kinds, each once, with each item once; null where the message says anything twice or nothing at all.</summary>
    public static Dictionary<KindId, IReadOnlyDictionary<string, ItemAnswer>>? TryRead(AnsweredKinds answered)
    {
        if (answered.Kinds.Count > MaxKinds)
        {
            return null;
        }

        var kinds = new Dictionary<KindId, IReadOnlyDictionary<string, ItemAnswer>>();
        foreach (var message in answered.Kinds)
        {
            if (!KindId.TryParse(message.Kind, out var kind) || TryRead(message.Items) is not { } items || !kinds.TryAdd(kind, items))
            {
                return null;
            }
        }

        return kinds;
    }

    private static Dictionary<string, ItemAnswer>? TryRead(IReadOnlyCollection<V1.DataItem> messages)
    {
        if (messages.Count > MaxItems)
        {
            return null;
        }

        var items = new Dictionary<string, ItemAnswer>(StringComparer.Ordinal);
        foreach (var message in messages)
        {
            ItemAnswer? answer = message.ContentCase switch
            {
                V1.DataItem.ContentOneofCase.Value => new ItemAnswer.Value(message.Value),
                V1.DataItem.ContentOneofCase.Absent when AbsenceReason.TryParse(message.Absent, out var reason) => new ItemAnswer.Absent(reason),
                _ => null,
            };
            if (answer is null || !items.TryAdd(message.Id, answer))
            {
                return null;
            }
        }

        return items;
    }
}
