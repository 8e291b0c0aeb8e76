using InfoLink.Agent.IdentityChecks;
using InfoLink.Agent.Links;
using InfoLink.Agent.Manual;
using InfoLink.Agent.People;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.Hosting.Trust;
using InfoLink.V1;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Providing;

/// <summary>
/// Step 8: for each subject link code → local person → source → layout → sealed → signed. Unknown, withheld and quarantined are one
/// answer of one query and go the same way to the same outcome, in the same size, no sooner than the same delay. Where people answer, everyone goes into the
/// queue, before <em>pending</em> leaves; an exchange that continues another gets what people have decided there, and reads no source.
/// </summary>
internal sealed partial class SubjectAnswers(
    TrustBase trust, LinkTable links, IdentityChecking identity, SourceTable sources, WaitingQuestions? queue, AgencyPeople people, TimeProvider time, ILogger<SubjectAnswers> logger)
{
    /// <summary>No "not available" leaves sooner than this after the fetch began.</summary>
    private static readonly TimeSpan NotAvailableFloor = TimeSpan.FromMilliseconds(50);

    /// <summary>Most bytes of one person's answer; sealed, it must fit one message.</summary>
    private const int MaxPayload = 3 * 1024 * 1024;

    /// <summary>Reads of the existing system that run side by side within one exchange.</summary>
    private const int Parallel = 4;

    /// <summary>When a requester may ask again for whom the queue has no room; people empty it, not seconds.</summary>
    private static readonly TimeSpan QueueFull = TimeSpan.FromHours(1);

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
        if (claims.Continues is not null && queue is not null)
        {
            var decided = await queue.CollectableAsync(claims, fetch.Conditions, cancellation);
            await System.Threading.Tasks.Parallel.ForAsync(0, subjects.Count, options, async (i, stop) =>
                results[i] = await CollectAsync(claims, decided, subjects[i].Index, subjects[i].Code, said?[subjects[i].Index], stop));
        }
        else
        {
            var deadline = Deadline(CatalogOf(claims).Entries[claims.Entry]);
            await System.Threading.Tasks.Parallel.ForAsync(0, subjects.Count, options, async (i, stop) =>
                results[i] = await ReadAsync(claims, fetch.Conditions, subjects[i].Index, subjects[i].Code, said?[subjects[i].Index], deadline, stop));
            await QueueAsync(claims, results, deadline);
        }

        if (results.Any(result => result.Outcome != SubjectOutcome.AnsweredOutcome)
            && NotAvailableFloor - time.GetElapsedTime(began) is { Ticks: > 0 } rest)
        {
            await Task.Delay(rest, time, cancellation);
        }

        return results;
    }

    /// <summary>What people decided has been collected: to be called when it is on record.</summary>
    public async Task CollectedAsync(SubjectResult[] results)
    {
        if (results.Where(result => result.Decided is not null).Select(result => result.Decided!.Number).ToList() is { Count: > 0 } numbers)
        {
            await queue!.CollectedAsync(numbers);
        }
    }

    /// <summary>Who answered, for the record: people where people decided, else nobody.</summary>
    public Particulars ParticularsOf(SubjectResult[] results, Particulars automatic)
    {
        const int Named = 5;
        var decided = results.Where(result => result.Decided?.Decision is not null).Select(result => result.Decided!).ToList();
        if (decided.Count == 0)
        {
            return automatic;
        }

        var names = decided.SelectMany(row => new[] { row.Decision!.By.Operator, row.Decision.ConfirmedBy }).OfType<string>().Select(people.RecordedAs).Distinct(StringComparer.Ordinal).ToList();
        var more = names.Count > Named ? $" + {names.Count - Named}" : "";
        return new Particulars
        {
            Operator = string.Join(", ", names.Take(Named)) + more,
            Terminal = automatic.Terminal,
            CaseReference = $"question {decided[0].Number}{(decided.Count > 1 ? $" + {decided.Count - 1}" : "")}",
        };
    }

    private async Task<SubjectResult> ReadAsync(
        TokenClaims claims, InquiryConditions conditions, uint index, LinkCode code, IdentityClaim? said, DateTimeOffset deadline, CancellationToken cancellation)
    {
        var catalog = CatalogOf(claims);
        var byHand = EntriesOf(claims).Any(either => either.Requirements.Manual);
        var person = await links.PersonOfAsync(code, byHand, cancellation);
        if (await VerdictAsync(said, person, claims, cancellation) is not { } verdict)
        {
            return Refused(index, code, new Refusal(RefusalName.SourceUnavailable, "basic attributes"));
        }

        // Where a human decides, everyone waits for the human: those who are not here too.
        if (byHand)
        {
            return Waiting(person is null ? QueueCause.Entry : verdict switch
            {
                IdentityVerdict.Other => QueueCause.OtherIdentity,
                IdentityVerdict.Doubtful => QueueCause.DoubtfulIdentity,
                _ => QueueCause.Entry,
            });
        }

        if (person is null)
        {
            return await sources.WaitAsIfReadAsync(catalog, claims.Kinds, cancellation) is { } met ? Refused(index, code, met) : NotAvailable(index, code);
        }

        switch (verdict)
        {
            case IdentityVerdict.Other:
                return Mismatch(index, code);
            case IdentityVerdict.Doubtful:
                return Waiting(QueueCause.DoubtfulIdentity);
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

        SubjectResult Waiting(QueueCause cause) => Pending(index, code, deadline) with
        {
            Asked = new AskedAbout(
                code, claims.Role, [.. claims.Kinds.OrderBy(kind => kind.Value, StringComparer.Ordinal)], conditions, cause, person?.Ids ?? []),
        };
    }

    /// <summary>What people have decided about a person in the exchange that is continued. Nothing is read here but the queue, for nobody.</summary>
    private async Task<SubjectResult> CollectAsync(
        TokenClaims claims, IReadOnlyList<Queued> decided, uint index, LinkCode code, IdentityClaim? said, CancellationToken cancellation)
    {
        var person = await links.PersonOfAsync(code, byHand: true, cancellation);
        if (await VerdictAsync(said, person, claims, cancellation) is not { } verdict)
        {
            return Refused(index, code, new Refusal(RefusalName.SourceUnavailable, "basic attributes"));
        }

        if (decided.FirstOrDefault(queued => queued.IsAbout(code, person)) is not { } question)
        {
            return Refused(index, code, new Refusal(RefusalName.NothingPending));
        }

        if (question.Row.State is QueueState.Waiting or QueueState.Proposed)
        {
            return Pending(index, code, question.Row.Deadline);
        }

        var result = question switch
        {
            { Row.Decision.Denial: { } why and not DenialReason.NotAvailable } => Refused(index, code, new Refusal(RefusalName.AnswerDenied, DenialReasons.NameOf(why))),
            { Row.Decision.Denial: not null } => NotAvailable(index, code),
            _ when person is null || !question.IsAnswerFor(person) => NotAvailable(index, code), // Withheld or stopped since it was decided, or another person by now.
            _ when verdict == IdentityVerdict.Other => Mismatch(index, code),
            _ => AnsweredByHand(index, code, claims, question.Answer!.Payload),
        };
        return result with { Decided = question.Row };
    }

    /// <summary>The layout may have changed between the decision and now.</summary>
    private SubjectResult AnsweredByHand(uint index, LinkCode code, TokenClaims claims, byte[] payload)
    {
        var kinds = AnswerMessages.TryRead(AnswerMessages.TryRead(payload)!.Answered)!;
        var catalog = CatalogOf(claims);
        foreach (var (kind, items) in kinds)
        {
            if (Layout.Check(catalog.Kinds[kind], items) is [var first, ..])
            {
                return Refused(index, code, new Refusal(RefusalName.LayoutViolation, $"{kind}: {first}"));
            }
        }

        return Answered(index, code, payload);
    }

    /// <returns>Null: it cannot be said, because the source of basic attributes does not answer.</returns>
    private async Task<IdentityVerdict?> VerdictAsync(IdentityClaim? said, LinkedPerson? person, TokenClaims claims, CancellationToken cancellation)
    {
        try
        {
            return said is null ? IdentityVerdict.Same : await identity.CheckAsync(said, person, claims.Requester, cancellation);
        }
        catch (InvalidOperationException fault)
        {
            Log.NotChecked(logger, fault.Message);
            return null;
        }
    }

    /// <summary>Those who wait for people are in the queue when this returns, or where it has no room are refused, whoever they are.</summary>
    private async Task QueueAsync(TokenClaims claims, SubjectResult[] results, DateTimeOffset deadline)
    {
        var waiting = results.Where(result => result.Asked is not null).Select(result => (result.Index, result.Asked!)).ToList();
        if (waiting.Count == 0 || queue is null || await queue.QueueAsync(claims, waiting, deadline))
        {
            return;
        }

        Log.QueueFull(logger, claims.Requester.Value);
        for (var i = 0; i < results.Length; i++)
        {
            if (results[i].Asked is not null)
            {
                results[i] = Refused(results[i].Index, results[i].Code, new Refusal(RefusalName.Overloaded, "questions that wait for people", QueueFull));
            }
        }
    }

    private static SubjectResult Pending(uint index, LinkCode code, DateTimeOffset deadline) => new(index, code, SubjectOutcome.PendingOutcome, AnswerMessages.Write(deadline));

    private static SubjectResult Mismatch(uint index, LinkCode code) =>
        new(index, code, SubjectOutcome.MismatchOutcome, AnswerMessages.Write(new Refusal(RefusalName.IdentityMismatch)));

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

        [LoggerMessage(2, LogLevel.Warning, "The queue of questions that people answer has no room for what {Requester} asks; it is told to ask later")]
        public static partial void QueueFull(ILogger logger, string requester);
    }
}

/// <summary>One subject's answer before it is sealed.</summary>
internal sealed record SubjectResult(uint Index, LinkCode Code, SubjectOutcome Outcome, byte[] Payload)
{
    /// <summary>Where people answer: what goes into their queue.</summary>
    public AskedAbout? Asked { get; init; }

    /// <summary>Where people have answered: the question that they decided.</summary>
    public QueuedRow? Decided { get; init; }

    public override string ToString() => $"SubjectResult({Index}, {Outcome}, redacted)";
}

/// <summary>What may leave, once it is on record.</summary>
internal sealed record SealedAnswers(FetchHeader Header, IReadOnlyList<SealedSubject> Subjects, IReadOnlyList<byte[]?> Contents);
