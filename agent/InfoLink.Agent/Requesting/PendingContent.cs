using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Google.Protobuf;
using InfoLink.Agent.AccessLog;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Requesting;

/// <summary>What a pending exchange asked, about whom, and who asked: all that it takes to ask again.</summary>
/// <param name="Inquiry">With the provider that was asked.</param>
/// <param name="Who">Operator, terminal, use, case.</param>
/// <param name="Persons">By place in the exchange, of those whose answer was pending.</param>
internal sealed record PendingQuestion(Inquiry Inquiry, Asker Who, IReadOnlyDictionary<uint, string> Persons)
{
    public override string ToString() => "PendingQuestion(redacted)";
}

/// <summary>Seals and opens what the list of pending exchanges keeps of persons.</summary>
internal sealed class PendingContent(byte[] contentKey)
{
    private readonly RowSeal _question = new(contentKey, "infolink/pending/question/v1");
    private readonly RowSeal _answer = new(contentKey, "infolink/pending/answer/v1");

    public byte[] Seal(ExchangeId exchange, PendingQuestion question)
    {
        var inquiry = question.Inquiry;
        var plaintext = JsonSerializer.SerializeToUtf8Bytes(new Form(
            inquiry.Entry.Value,
            inquiry.Provider!.Value.Value,
            inquiry.Role!.Value.Value,
            [.. inquiry.Kinds.Select(kind => kind.Value)],
            inquiry.Conditions.ToMessage().ToByteArray(),
            question.Who.Operator,
            question.Who.Terminal,
            question.Who.Use,
            question.Who.CaseReference,
            new Dictionary<uint, string>(question.Persons)));
        try
        {
            return _question.Seal(exchange.ToArray(), plaintext);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    /// <exception cref="InvalidOperationException">It is not this exchange's, or was changed.</exception>
    public PendingQuestion Open(ExchangeId exchange, byte[] content)
    {
        var plaintext = _question.Open(exchange.ToArray(), content);
        try
        {
            var form = JsonSerializer.Deserialize<Form>(plaintext) ?? throw new InvalidOperationException("A pending exchange is empty.");
            var inquiry = new Inquiry
            {
                Entry = EntryId.Parse(form.Entry),
                Provider = AgencyId.Parse(form.Provider),
                Role = SubjectRole.Parse(form.Role),
                Kinds = [.. form.Kinds.Select(KindId.Parse)],
                Conditions = ConditionsMessage.TryRead(V1.InquiryConditions.Parser.ParseFrom(form.Conditions), out var conditions)
                    ? conditions
                    : throw new InvalidOperationException("The conditions of a pending exchange cannot be read."),
                Continues = exchange,
            };
            return new PendingQuestion(inquiry, new Asker(form.Operator, form.Terminal, form.Use, form.Case) { IsAdmitted = true }, form.Persons);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    /// <param name="exchange">The pending one.</param>
    /// <param name="place">The person's.</param>
    /// <param name="payload">A serialized <see cref="V1.Answer"/>.</param>
    public byte[] SealAnswer(ExchangeId exchange, uint place, ReadOnlySpan<byte> payload) => _answer.Seal(Row(exchange, place), payload);

    /// <exception cref="InvalidOperationException">It is not this person's, or was changed.</exception>
    public byte[] OpenAnswer(ExchangeId exchange, uint place, byte[] content) => _answer.Open(Row(exchange, place), content);

    private static byte[] Row(ExchangeId exchange, uint place)
    {
        var row = new byte[ExchangeId.Size + sizeof(uint)];
        exchange.ToArray().CopyTo(row, 0);
        BinaryPrimitives.WriteUInt32BigEndian(row.AsSpan(ExchangeId.Size), place);
        return row;
    }

    private sealed record Form(
        string Entry, string Provider, string Role, string[] Kinds, byte[] Conditions, string Operator, string Terminal, string Use, string Case, Dictionary<uint, string> Persons);
}
