using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using InfoLink.Agent.AccessLog;
using InfoLink.Agent.IdentityChecks;
using InfoLink.Agent.Links;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Sealing;
using InfoLink.Contracts.Tokens;
using InfoLink.Hosting.Trust;
using InfoLink.V1;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Providing;

/// <summary>
/// Step 8: for each subject link code → local person → source → layout → sealed → signed. Unknown, withheld and quarantined are one
/// answer of one query and go the same way to the same outcome, in the same size, no sooner than the same delay.
/// </summary>
internal sealed partial class SubjectAnswers(
    TrustBase trust, LinkTable links, IdentityChecking identity, SourceTable sources, TimeProvider time, ILogger<SubjectAnswers> logger)
{
    /// <summary>No "not available" leaves sooner than this after the fetch began.</summary>
    private static readonly TimeSpan NotAvailableFloor = TimeSpan.FromMilliseconds(50);

    /// <summary>Most bytes of one person's answer; sealed, it must fit one message.</summary>
    private const int MaxPayload = 3 * 1024 * 1024;

    /// <summary>Reads of the existing system that run side by side within one exchange.</summary>
    private const int Parallel = 4;

    /// <summary>Reads all subjects; one result each, in their order.</summary>
    public async Task<SubjectResult[]> ReadAsync(
        TokenClaims claims, Fetch fetch, IReadOnlyList<(uint Index, LinkCode Code)> subjects, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        var results = new SubjectResult[subjects.Count];
        var isChecked = EntriesOf(claims).Any(entry => entry.Requirements.IdentityCheck);
        var said = isChecked ? identity.TryOpen(fetch.Token, fetch.IdentityChecks, subjects.Select(subject => subject.Index)) : null;
        if (isChecked && said is null)
        {
            return [.. subjects.Select(subject => Refused(subject.Index, subject.Code, new Refusal(RefusalName.IdentityCheckMissing)))];
        }

        var options = new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellation };
        await System.Threading.Tasks.Parallel.ForAsync(0, subjects.Count, options, async (i, stop) =>
            results[i] = await ReadAsync(claims, fetch.Conditions, subjects[i].Index, subjects[i].Code, said?[subjects[i].Index], stop));

        if (results.Any(result => result.Outcome is SubjectOutcome.NotAvailableOutcome or SubjectOutcome.PendingOutcome)
            && NotAvailableFloor - time.GetElapsedTime(began) is { Ticks: > 0 } rest)
        {
            await Task.Delay(rest, time, cancellation);
        }

        return results;
    }

    /// <summary>Seals and signs what was read; what was answered is sealed once more, for the agency's own record.</summary>
    public static SealedAnswers Seal(SubjectResult[] results, TokenClaims claims, Fetch fetch, LeafGeneration own, ContentSeal content)
    {
        try
        {
            return SealAll(results, claims, fetch, own, content);
        }
        finally
        {
            // Also of those that were not reached. The values themselves were text, from the existing system and for protobuf: the runtime wipes none.
            foreach (var result in results)
            {
                CryptographicOperations.ZeroMemory(result.Payload);
            }
        }
    }

    private static SealedAnswers SealAll(SubjectResult[] results, TokenClaims claims, Fetch fetch, LeafGeneration own, ContentSeal content)
    {
        var context = new SealContext(claims.ExchangeId, claims.TokenId.Reveal(), claims.Requester, claims.Provider, claims.Catalog.ToArray());
        var token = fetch.Token.Sha256;
        using var sealer = new AnswerSealer(fetch.RecipientKey, context, token.Span, results.Length);
        using var key = own.Signing.GetECDsaPrivateKey()
            ?? throw new InvalidOperationException("The signing certificate has no key.");
        var subjects = new SealedSubject[results.Length];
        var contents = new byte[]?[results.Length];
        for (var ordinal = 0; ordinal < results.Length; ordinal++)
        {
            var result = results[ordinal];
            using var sealedAnswer = sealer.Seal(ordinal, result.Index, result.Payload);
            var signature = AnswerSignature.Sign(key, token.Span, sealer.Enc.Span, sealedAnswer.Ciphertext.Span, sealedAnswer.Digest.Span);
            subjects[ordinal] = new SealedSubject
            {
                Index = result.Index,
                Ciphertext = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(sealedAnswer.Ciphertext),
                Digest = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(sealedAnswer.Digest),
                Signature = signature.ToByteString(),
            };
            contents[ordinal] = result.Outcome == SubjectOutcome.AnsweredOutcome
                ? content.Seal(claims.ExchangeId, AccessEvent.Answered, result.Index, sealedAnswer.Salt.Span, result.Payload)
                : null;
        }

        var header = new FetchHeader
        {
            Suite = SealContext.Suite,
            Enc = sealer.Enc.ToArray().ToByteString(),
            SigningCertificate = own.Signing.RawData.ToByteString(),
        };
        return new SealedAnswers(header, subjects, contents);
    }

    private async Task<SubjectResult> ReadAsync(
        TokenClaims claims, InquiryConditions conditions, uint index, LinkCode code, IdentityClaim? said, CancellationToken cancellation)
    {
        var catalog = CatalogOf(claims);
        var entry = catalog.Entries[claims.Entry];
        var byHand = EntriesOf(claims).Any(either => either.Requirements.Manual);
        var person = await links.PersonOfAsync(code, cancellation);
        var verdict = IdentityVerdict.Same;
        if (said is not null)
        {
            try
            {
                verdict = await identity.CheckAsync(said, person, claims.Requester, cancellation);
            }
            catch (InvalidOperationException fault)
            {
                Log.NotChecked(logger, fault.Message);
                return Refused(index, code, new Refusal(RefusalName.SourceUnavailable, "basic attributes"));
            }
        }

        // Where a human decides, everyone waits for the human: those who are not here too.
        if (byHand)
        {
            return new SubjectResult(index, code, SubjectOutcome.PendingOutcome, AnswerMessages.Write(Deadline(entry)));
        }

        if (person is null)
        {
            return await sources.WaitAsIfReadAsync(catalog, claims.Kinds, cancellation) is { } met ? Refused(index, code, met) : NotAvailable(index, code);
        }

        switch (verdict)
        {
            case IdentityVerdict.Other:
                return new SubjectResult(index, code, SubjectOutcome.MismatchOutcome, AnswerMessages.Write(new Refusal(RefusalName.IdentityMismatch)));
            case IdentityVerdict.Doubtful:
                return new SubjectResult(index, code, SubjectOutcome.PendingOutcome, AnswerMessages.Write(Deadline(entry)));
        }

        InformationRequest[] requests =
        [
            .. claims.Kinds.Select(kind => new InformationRequest
            {
                Person = person.Id,
                Kind = kind,
                Conditions = conditions,
                Entry = claims.Entry,
                Role = claims.Role,
                Requester = claims.Requester,
            }),
        ];
        return await sources.ReadAsync(catalog, requests, cancellation) switch
        {
            Outcome<IReadOnlyDictionary<KindId, Items>>.Done done =>
                Answered(index, code, AnswerMessages.Write(done.Value)),
            Outcome<IReadOnlyDictionary<KindId, Items>>.Refused { Refusal.Name: RefusalName.NotAvailable } =>
                NotAvailable(index, code),
            Outcome<IReadOnlyDictionary<KindId, Items>>.Refused refused =>
                Refused(index, code, refused.Refusal),
            _ => throw new InvalidOperationException("An outcome is done or refused."),
        };
    }

    private static SubjectResult Answered(uint index, LinkCode code, byte[] payload) => payload.Length <= MaxPayload
        ? new SubjectResult(index, code, SubjectOutcome.AnsweredOutcome, payload)
        : Refused(index, code, new Refusal(RefusalName.LayoutViolation, "size"));

    private static SubjectResult Refused(uint index, LinkCode code, Refusal why) => new(index, code, SubjectOutcome.RefusedOutcome, AnswerMessages.Write(why));

    /// <summary>Layouts are those of the version that the token names, which both sides hold.</summary>
    private StatuteCatalog CatalogOf(TokenClaims claims) => trust.Catalogs.Find(claims.CatalogVersion, claims.Catalog)
        ?? throw new InvalidOperationException("The token's catalog is no longer held; tokens live a minute, versions longer.");

    /// <summary>The entry as the token's catalog has it, and as the one in force does: what either demands is done.</summary>
    private IEnumerable<StatuteEntry> EntriesOf(TokenClaims claims) =>
        trust.Catalog.Entries.TryGetValue(claims.Entry, out var now) ? [CatalogOf(claims).Entries[claims.Entry], now] : [CatalogOf(claims).Entries[claims.Entry]];

    private static SubjectResult NotAvailable(uint index, LinkCode code) =>
        new(index, code, SubjectOutcome.NotAvailableOutcome, AnswerMessages.Write(RefusalName.NotAvailable));

    /// <summary>The end of the last day (JST) on which the entry lets a human answer.</summary>
    private DateTimeOffset Deadline(StatuteEntry entry) => JapanTime.EndOf(JapanTime.Today(time).AddDays(entry.AnswerDeadlineDays));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "An identity check could not be made, and the person was not answered for. {Why}")]
        public static partial void NotChecked(ILogger logger, string why);
    }
}

/// <summary>One subject's answer before it is sealed.</summary>
internal sealed record SubjectResult(uint Index, LinkCode Code, SubjectOutcome Outcome, byte[] Payload)
{
    public override string ToString() => $"SubjectResult({Index}, {Outcome}, redacted)";
}

/// <summary>What may leave, once it is on record.</summary>
internal sealed record SealedAnswers(FetchHeader Header, IReadOnlyList<SealedSubject> Subjects, IReadOnlyList<byte[]?> Contents);
