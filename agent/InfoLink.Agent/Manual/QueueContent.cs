using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using InfoLink.Agent.AccessLog;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.V1;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Agent.Manual;

/// <summary>What is asked about one person, as the queue keeps it.</summary>
/// <param name="Code">Under which the person was asked about, whoever is here.</param>
/// <param name="Role">Whose data.</param>
/// <param name="Kinds">Ascending by id.</param>
/// <param name="Conditions">What the token's digest is of.</param>
/// <param name="Cause">Why people decide.</param>
/// <param name="Ids">Who was meant here when it was asked; empty: nobody who may be answered for.</param>
internal sealed record AskedAbout(LinkCode Code, SubjectRole Role, IReadOnlyList<KindId> Kinds, InquiryConditions Conditions, QueueCause Cause, IReadOnlyList<LocalId> Ids)
{
    public override string ToString() => "AskedAbout(redacted)";
}

/// <summary>What a decision hands out, and for whom it was made.</summary>
/// <param name="Ids">The person's identifiers at the moment of the decision.</param>
/// <param name="Payload">A serialized <see cref="Answer"/>.</param>
internal sealed record DecidedAnswer(IReadOnlyList<LocalId> Ids, byte[] Payload)
{
    public override string ToString() => "DecidedAnswer(redacted)";
}

/// <summary>Seals and opens what the queue keeps of persons, each bound to its exchange and place.</summary>
internal sealed class QueueContent(byte[] contentKey)
{
    private readonly RowSeal _asked = new(contentKey, "infolink/queue/asked/v1");
    private readonly RowSeal _answer = new(contentKey, "infolink/queue/answer/v1");

    public byte[] Seal(ExchangeId exchange, uint index, AskedAbout asked) => Seal(_asked, exchange, index, new AskedForm(
        LinkTable.Bytes(asked.Code),
        asked.Role.Value,
        [.. asked.Kinds.Select(kind => kind.Value)],
        Google.Protobuf.MessageExtensions.ToByteArray(asked.Conditions.ToMessage()),
        asked.Cause,
        [.. asked.Ids]));

    /// <exception cref="InvalidOperationException">It is not this place's, or was changed.</exception>
    public AskedAbout OpenAsked(ExchangeId exchange, uint index, byte[] content)
    {
        var form = Open<AskedForm>(_asked, exchange, index, content);
        return ConditionsMessage.TryRead(V1.InquiryConditions.Parser.ParseFrom(form.Conditions), out var conditions)
            ? new AskedAbout(LinkCode.FromBytes(form.Code), SubjectRole.Parse(form.Role), [.. form.Kinds.Select(KindId.Parse)], conditions, form.Cause, form.Ids)
            : throw new InvalidOperationException("The conditions of a queued question cannot be read.");
    }

    public byte[] Seal(ExchangeId exchange, uint index, DecidedAnswer answer) => Seal(_answer, exchange, index, answer);

    /// <exception cref="InvalidOperationException">It is not this place's, or was changed.</exception>
    public DecidedAnswer OpenAnswer(ExchangeId exchange, uint index, byte[] content) => Open<DecidedAnswer>(_answer, exchange, index, content);

    private static byte[] Seal<T>(RowSeal seal, ExchangeId exchange, uint index, T form)
    {
        var plaintext = JsonSerializer.SerializeToUtf8Bytes(form);
        try
        {
            return seal.Seal(Row(exchange, index), plaintext);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    private static T Open<T>(RowSeal seal, ExchangeId exchange, uint index, byte[] content)
    {
        var plaintext = seal.Open(Row(exchange, index), content);
        try
        {
            return JsonSerializer.Deserialize<T>(plaintext) ?? throw new InvalidOperationException("A row of the queue is empty.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    private static byte[] Row(ExchangeId exchange, uint index)
    {
        var row = new byte[ExchangeId.Size + sizeof(uint)];
        exchange.ToArray().CopyTo(row, 0);
        BinaryPrimitives.WriteUInt32BigEndian(row.AsSpan(ExchangeId.Size), index);
        return row;
    }

    private sealed record AskedForm(byte[] Code, string Role, string[] Kinds, byte[] Conditions, QueueCause Cause, LocalId[] Ids);
}
