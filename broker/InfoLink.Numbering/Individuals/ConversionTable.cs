using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.V1;

namespace InfoLink.Numbering.Individuals;

/// <summary>
/// The conversion table's rules: a person gets one number, by its resident record code; the number stays when the code changes; a new one is given on request
/// or after a leak; no number is given twice, ever. Each method is one change of the store, safe to repeat, whoever else does the same at the same moment.
/// </summary>
internal sealed class ConversionTable(INumberStore store, RecordCodeSeal seal, TimeProvider time, Func<ulong> draw)
{
    /// <summary>Collisions in a row before it is given up: with 125 million numbers given, a thousandth of all draws collides once.</summary>
    private const int MostDraws = 100;

    private const int PrunedAtOnce = 1_000;

    /// <summary>Numbers each person, in order; whoever was numbered before keeps the number.</summary>
    /// <exception cref="NoticesFullException">More notices wait than may.</exception>
    public Task<Numbered[]> AssignAsync(IReadOnlyList<Registration> persons, long mostWaiting, CancellationToken cancellation)
    {
        // 1. What is not a code is nobody's; of one that is there twice, the first counts.
        var asked = persons.Where(person => person.Code is not null)
            .DistinctBy(person => person.Code)
            .ToDictionary(person => seal.TagOf(person.Code!), person => person);
        var tags = asked.ToDictionary(person => person.Value.Code!, person => person.Key);
        return store.ChangeAsync(
            async rows =>
            {
                var known = (await rows.FindAsync(asked.Keys)).ToDictionary(code => code.Tag);
                var missing = asked.Keys.Where(tag => !known.ContainsKey(tag)).ToList();
                var given = new HashSet<RecordTag>();
                if (missing.Count > 0)
                {
                    if (await rows.WaitingAsync() + missing.Count > mostWaiting)
                    {
                        throw new NoticesFullException();
                    }

                    // 2. Numbers first, which nobody can wait for; then the codes, on which another process may have been faster: its numbers stand.
                    var drawn = await DrawAsync(rows, missing.Count, number => new NewNumber(number, number, NumberGround.NumberFirst, time.GetUtcNow()));
                    var entries = missing.Zip(drawn, (tag, number) => new NewCode(tag, seal.Seal(asked[tag].Code!, tag), number, time.GetUtcNow())).ToList();
                    given.UnionWith(await rows.EnterCodesAsync(entries));
                    await rows.RemoveNumbersAsync([.. entries.Where(entry => !given.Contains(entry.Tag)).Select(entry => entry.Person)]);
                    foreach (var entry in entries.Where(entry => given.Contains(entry.Tag)))
                    {
                        known[entry.Tag] = new KnownCode(entry.Tag, entry.Person, IsCurrent: true, entry.Person);
                    }

                    if (given.Count < missing.Count)
                    {
                        foreach (var late in await rows.FindAsync([.. missing.Where(tag => !given.Contains(tag))]))
                        {
                            known[late.Tag] = late;
                        }
                    }

                    // 3. Each of them is told, in the order of the call.
                    await rows.QueueAsync([.. missing.Where(given.Contains).Select(tag => new NewNotice(known[tag].Number, asked[tag].Addressee, time.GetUtcNow()))]);
                }

                var first = new HashSet<RecordTag>();
                return persons.Select(person => person.Code is { } code && tags[code] is var tag ? Answer(known[tag], given.Contains(tag) && first.Add(tag)) : Numbered.Malformed).ToArray();
            },
            cancellation);
    }

    /// <summary>The person has another resident record code: the number stays.</summary>
    public Task<NumberingOutcome> FollowAsync(ResidentRecordCode old, ResidentRecordCode next, CancellationToken cancellation)
    {
        var (oldTag, nextTag) = (seal.TagOf(old), seal.TagOf(next));
        return store.ChangeAsync(
            async rows =>
            {
                var known = (await rows.FindAsync(oldTag == nextTag ? [oldTag] : [oldTag, nextTag])).ToDictionary(code => code.Tag);
                if (!known.TryGetValue(oldTag, out var person))
                {
                    return NumberingOutcome.NumberingCodeUnknown;
                }

                if (known.TryGetValue(nextTag, out var taken))
                {
                    return taken.Person != person.Person ? NumberingOutcome.NumberingCodeTaken
                        : taken.IsCurrent ? NumberingOutcome.NumberingHeld
                        : NumberingOutcome.NumberingCodeFormer;
                }

                var now = time.GetUtcNow();
                if (!person.IsCurrent || !await rows.EndCodeAsync(oldTag, now))
                {
                    return NumberingOutcome.NumberingCodeFormer;
                }

                if ((await rows.EnterCodesAsync([new NewCode(nextTag, seal.Seal(next, nextTag), person.Person, now)])).Count == 1)
                {
                    return NumberingOutcome.NumberingGiven;
                }

                rows.GiveUp(); // Another process has entered the code meanwhile, for somebody else.
                return NumberingOutcome.NumberingCodeTaken;
            },
            cancellation);
    }

    /// <summary>A new number; the old one stays on record as this person's.</summary>
    /// <param name="wish">What is asked.</param>
    /// <param name="mostWaiting">How many notices may wait.</param>
    /// <param name="cancellation">Before anything is changed.</param>
    /// <exception cref="NoticesFullException">More notices wait than may.</exception>
    public Task<Numbered> ChangeAsync(WishedChange wish, long mostWaiting, CancellationToken cancellation)
    {
        var tag = seal.TagOf(wish.Code);
        return store.ChangeAsync(
            async rows =>
            {
                if ((await rows.FindAsync([tag])).SingleOrDefault() is not { } person)
                {
                    return new Numbered(NumberingOutcome.NumberingCodeUnknown, null);
                }

                if (await rows.ChangedByAsync(wish.ChangeId) is { } before)
                {
                    return new Numbered(NumberingOutcome.NumberingHeld, IndividualNumber.FromBase(before));
                }

                if (!person.IsCurrent)
                {
                    return new Numbered(NumberingOutcome.NumberingCodeFormer, null);
                }

                if (await rows.WaitingAsync() >= mostWaiting)
                {
                    throw new NoticesFullException();
                }

                var now = time.GetUtcNow();
                if (!await rows.EndNumberAsync(person.Number, now))
                {
                    // Changed by another process a moment ago: by this very wish, or by another one, which then stands.
                    return (await rows.FindAsync([tag])) is [var current]
                        ? new Numbered(NumberingOutcome.NumberingHeld, IndividualNumber.FromBase(current.Number))
                        : new Numbered(NumberingOutcome.NumberingCodeFormer, null);
                }

                var drawn = await DrawAsync(rows, 1, number => new NewNumber(number, person.Person, wish.Ground, now, wish.ChangeId, wish.CaseReference));
                await rows.WithdrawAsync(person.Number, now);
                await rows.QueueAsync([new NewNotice(drawn[0], wish.Addressee, now)]);
                return new Numbered(NumberingOutcome.NumberingGiven, IndividualNumber.FromBase(drawn[0]));
            },
            cancellation);
    }

    /// <summary>Whose a number is; null: never given.</summary>
    public Task<(ResidentRecordCode Code, bool IsCurrent)?> ResolveAsync(IndividualNumber number, CancellationToken cancellation) => store.ChangeAsync<(ResidentRecordCode, bool)?>(
        async rows => await rows.OwnerOfAsync(number.ToBase()) is { } owner ? (seal.Open(owner.Sealed, owner.Tag), owner.IsCurrent) : null,
        cancellation);

    /// <summary>Every number that a person has had, oldest first; empty: nobody has this code.</summary>
    public Task<IReadOnlyList<GivenNumber>> HistoryAsync(ResidentRecordCode code, CancellationToken cancellation) => store.ChangeAsync(
        async rows => (await rows.FindAsync([seal.TagOf(code)])) is [var person] ? await rows.NumbersOfAsync(person.Person) : [],
        cancellation);

    public Task<IReadOnlyList<StoredNotice>> NoticesAsync(NoticeState state, ulong after, int atMost, CancellationToken cancellation) =>
        store.ChangeAsync(rows => rows.NoticesAsync(state, after, atMost), cancellation);

    /// <summary>What became of notices.</summary>
    /// <param name="marks">The notices.</param>
    /// <param name="keepEnded">How long notices that have ended are kept; older ones go, some at a time.</param>
    /// <param name="cancellation">Before anything is changed.</param>
    /// <returns>For each: was it taken?</returns>
    public Task<bool[]> MarkAsync(IReadOnlyList<(ulong Notice, NoticeState State)> marks, TimeSpan keepEnded, CancellationToken cancellation) => store.ChangeAsync(
        async rows =>
        {
            var now = time.GetUtcNow();
            var taken = new bool[marks.Count];
            for (var i = 0; i < marks.Count; i++)
            {
                var (notice, state) = marks[i];
                taken[i] = NoticeSteps.To(state) is { } from
                    && (await rows.MarkAsync(notice, state, from, NoticeSteps.IsSending(state), now)
                        || await rows.MarkAsync(notice, state, [state], isSending: false, now)); // Said again.
            }

            await rows.PruneAsync(now - keepEnded, PrunedAtOnce);
            return taken;
        },
        cancellation);

    /// <summary>As many fresh numbers; one that was ever given is drawn again.</summary>
    private async Task<IReadOnlyList<ulong>> DrawAsync(INumberRows rows, int count, Func<ulong, NewNumber> row)
    {
        var mine = new List<ulong>(count);
        for (var attempt = 0; mine.Count < count; attempt++)
        {
            if (attempt == MostDraws)
            {
                throw new InvalidOperationException("No number that is free was drawn. The table is full, or chance is broken; nothing was given.");
            }

            var candidates = Enumerable.Range(0, count - mine.Count).Select(_ => draw()).Distinct().ToList();
            mine.AddRange(await rows.EnterNumbersAsync([.. candidates.Select(row)]));
        }

        return mine;
    }

    private static Numbered Answer(KnownCode known, bool isNew) =>
        isNew ? new Numbered(NumberingOutcome.NumberingGiven, IndividualNumber.FromBase(known.Number))
        : known.IsCurrent ? new Numbered(NumberingOutcome.NumberingHeld, IndividualNumber.FromBase(known.Number))
        : new Numbered(NumberingOutcome.NumberingCodeFormer, null);
}

/// <summary>A person whom the registry brings.</summary>
/// <param name="Code">Null: what was brought is none.</param>
/// <param name="Addressee">The registry's own reference for the letter.</param>
internal sealed record Registration(ResidentRecordCode? Code, string Addressee)
{
    public override string ToString() => "Registration(redacted)";
}

/// <summary>A change that is asked for.</summary>
internal sealed record WishedChange(ResidentRecordCode Code, byte[] ChangeId, NumberGround Ground, string CaseReference, string Addressee)
{
    public override string ToString() => "WishedChange(redacted)";
}

/// <summary>What came of one person.</summary>
internal sealed record Numbered(NumberingOutcome Outcome, IndividualNumber? Number)
{
    public static Numbered Malformed { get; } = new(NumberingOutcome.NumberingCodeMalformed, null);
}

/// <summary>The notices that wait are as many as may: nobody is numbered who would not be told.</summary>
internal sealed class NoticesFullException() : Exception("As many notices wait to be sent as may. Send them first.");
