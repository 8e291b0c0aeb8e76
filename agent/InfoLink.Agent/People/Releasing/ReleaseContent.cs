using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Google.Protobuf;
using InfoLink.Agent.AccessLog;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.People.Releasing;

/// <summary>What a question that waits for its release is: by a keyed tag, so that the same question by the same operator is known again, and sealed, for whoever decides.</summary>
internal sealed class ReleaseContent(byte[] contentKey)
{
    private readonly byte[] _key = HKDF.DeriveKey(HashAlgorithmName.SHA256, contentKey, HMACSHA256.HashSizeInBytes, salt: null, "infolink/release/question/v1"u8.ToArray());
    private readonly RowSeal _seal = new(contentKey, "infolink/release/content/v1");

    /// <returns>Tag and sealed content of the question.</returns>
    /// <param name="question">What is asked.</param>
    /// <param name="persons">About whom.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="recordedAs">As she stands on record. No part of what the question is: it may change with her department.</param>
    public (byte[] Tag, byte[] Sealed) Write(Question question, IReadOnlyList<string> persons, Asker who, string recordedAs)
    {
        var form = new Form(
            question.Entry.Id.Value,
            question.Role.Value,
            question.Inquiry.Provider?.Value ?? "",
            [.. question.Kinds.Select(kind => kind.Value)],
            question.Inquiry.Conditions.ToMessage().ToByteArray(),
            who.Operator,
            who.Use,
            who.CaseReference,
            [.. persons.Order(StringComparer.Ordinal)]);
        var identity = JsonSerializer.SerializeToUtf8Bytes(form);
        var plaintext = JsonSerializer.SerializeToUtf8Bytes(form with { RecordedAs = recordedAs });
        try
        {
            var tag = HMACSHA256.HashData(_key, identity);
            return (tag, _seal.Seal(tag, plaintext));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(identity);
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    /// <exception cref="InvalidOperationException">It is not this question's, or was changed.</exception>
    public ReleaseQuestion Open(byte[] tag, byte[] content)
    {
        var plaintext = _seal.Open(tag, content);
        try
        {
            var form = JsonSerializer.Deserialize<Form>(plaintext) ?? throw new InvalidOperationException("A question that waits for its release is empty.");
            return ConditionsMessage.TryRead(V1.InquiryConditions.Parser.ParseFrom(form.Conditions), out var conditions)
                ? new ReleaseQuestion(
                    form.Operator,
                    form.Use,
                    form.Case,
                    SubjectRole.Parse(form.Role),
                    form.Provider.Length == 0 ? null : AgencyId.Parse(form.Provider),
                    [.. form.Kinds.Select(KindId.Parse)],
                    conditions,
                    form.Persons)
                {
                    RecordedAs = form.RecordedAs,
                }
                : throw new InvalidOperationException("The conditions of a question that waits for its release cannot be read.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    private sealed record Form(string Entry, string Role, string Provider, string[] Kinds, byte[] Conditions, string Operator, string Use, string Case, string[] Persons)
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? RecordedAs { get; init; }
    }
}
