using System.Diagnostics;
using Google.Protobuf;
using InfoLink.Agent.AccessLog;
using InfoLink.Agent.Calls;
using InfoLink.Agent.IdentityChecks;
using InfoLink.Agent.Links;
using InfoLink.Agent.People;
using InfoLink.Agent.Trust;
using InfoLink.Agent.Watching;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Sealing;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Requesting;

/// <summary>
/// The requester's part in an exchange (SPEC §3, steps 1–5 and 9).
/// <list type="number">
/// <item>Who asks, and what for? May she, and is there a case? Local persons to own link codes; where the clerk names no provider, the one that the kinds' rule leads to.</item>
/// <item>A fresh recipient key; <em>asked</em> in the own log, durable: its leaf hash is the request commitment.</item>
/// <item>Authorize at the broker; the approval's record is checked against what was asked.</item>
/// <item>Fetch at the provider, whose name is proved before the token leaves.</item>
/// <item>Signature, seal, form, layout; what people answer later into the list of pending exchanges; <em>received</em> in the own log, durable; then, and only then, the values are handed over.</item>
/// </list>
/// </summary>
internal sealed partial class RequestingProtocol(
    TrustBase trust,
    LinkTable links,
    Questions questions,
    Admission admission,
    LeafCertificates certificates,
    AgencyRecords records,
    BrokerCalls broker,
    LogTrust brokerLog,
    EvidenceFolder evidence,
    PeerCalls peers,
    IdentityCheckMaking identity,
    AnswerReading answers,
    PendingList pending) : IExchange
{
    /// <inheritdoc/>
    public async Task<Outcome<Admitted>> AdmitAsync(IReadOnlyList<string> persons, Inquiry inquiry, Asker who, CancellationToken cancellation) => questions.Complete(persons, inquiry, who) switch
    {
        Outcome<Question>.Done { Value: var complete } => await admission.AdmitAsync(complete, persons, who, cancellation),
        Outcome<Question>.Refused { Refusal: var refusal } => refusal,
        _ => throw new InvalidOperationException("An outcome is done or refused."),
    };

    /// <inheritdoc/>
    public async Task<Outcome<Fetched>> FetchAsync(IReadOnlyList<string> persons, Inquiry inquiry, Asker who, CancellationToken cancellation)
    {
        // 1. The question: complete, by somebody who may ask it, and about people this agency has a code for.
        var admitting = await AdmitAsync(persons, inquiry, who, cancellation);
        if (admitting is not Outcome<Admitted>.Done { Value: { Question: var complete } admitted })
        {
            return ((Outcome<Admitted>.Refused)admitting).Refusal;
        }

        if (await pending.WhyNotAsync(complete.Entry, inquiry, cancellation) is { } full)
        {
            return full;
        }

        var linked = await LinkAsync(persons.Where(person => !admitted.Closed.ContainsKey(person)), cancellation);
        if (linked.Count == 0)
        {
            return new Fetched(null, [.. persons.Select(person => new FetchedPerson.Refused(person, WhyNotAsked(person, admitted)))]);
        }

        var addressed = await questions.AddressAsync(complete, [.. linked.Select(person => person.Person)], cancellation);
        if (addressed is not Outcome<AddressedQuestion>.Done { Value: var question })
        {
            return ((Outcome<AddressedQuestion>.Refused)addressed).Refusal;
        }

        // 2. Asked, on record, under the certificate and the key that this exchange keeps to its end.
        using var recipient = RecipientKey.Create();
        var own = certificates.Current;
        var particulars = new Particulars
        {
            Operator = admitted.Who.Operator,
            Terminal = admitted.Who.Terminal,
            Use = admitted.Who.Use,
            CaseReference = admitted.Who.CaseReference,
            ProviderChoice = question.Choice.ForRecord,
        };
        var subjects = linked.Select((person, index) => new OwnSubject((uint)index, CommitmentSide.RequesterCode, person.Code)).ToList();
        var asked = await records.AppendAsync(AskedPart(question, own, recipient), AccessEvent.Asked, subjects, particulars);

        // 3.–5. From here on every end is on record too; once the broker has named the exchange, under that name.
        var about = FailedPart(asked);
        try
        {
            var authorized = await AuthorizeAsync(question, linked, recipient, own, asked, cancellation);
            if (authorized is not Outcome<ApprovedExchange>.Done { Value: var approved })
            {
                return await FailAsync(((Outcome<ApprovedExchange>.Refused)authorized).Refusal);
            }

            about = approved.Approval;
            var fetched = await FetchAsync(question, approved, linked, recipient, own, cancellation);
            if (fetched is not Outcome<ReadExchange>.Done { Value: var read })
            {
                return await FailAsync(((Outcome<ReadExchange>.Refused)fetched).Refusal);
            }

            if (inquiry.Continues is null)
            {
                await pending.KeepAsync(approved.ExchangeId, question, admitted.Who, [.. read.Subjects.Select(subject => (subject.Index, linked[(int)subject.Index].Person, subject.Result))]);
            }

            await records.AppendAsync(about, AccessEvent.Received, Received(read, linked), particulars);
            if (inquiry.Continues is not null)
            {
                await pending.NoteAsync(inquiry, [.. read.Subjects.Select(subject => (linked[(int)subject.Index].Person, subject.Result))]);
            }

            await QuarantineAsync(read, linked, question.Provider.Id);
            return HandOver(persons, linked, read, admitted) with { Choice = question.Choice };
        }
        catch (Exception fault) when (fault is not LogUnavailableException)
        {
            await FailAsync(fault is OperationCanceledException ? RefusalName.AnswerLost : RefusalName.InternalFault);
            throw;
        }

        async Task<Refusal> FailAsync(Refusal why)
        {
            await records.AppendAsync(about, AccessEvent.Failed, subjects, particulars, why.Name);
            return why;
        }
    }

    /// <summary>3. Approval.</summary>
    private async Task<Outcome<ApprovedExchange>> AuthorizeAsync(
        AddressedQuestion question, IReadOnlyList<Linked> linked, RecipientKey recipient, LeafGeneration own, Appended asked, CancellationToken cancellation)
    {
        using var span = AgentTelemetry.Begin("infolink.authorize", ActivityKind.Client);
        LinkCode[] codes = [.. linked.Select(person => person.Code)];
        var message = AuthorizeMessage(question, codes, asked.LeafHash, recipient);
        var known = brokerLog.Known;
        message.Pins.Add(known.Select(pin => new LogPin { Origin = pin.Checkpoint.Origin, Size = pin.Checkpoint.Size }));
        var authorized = await broker.AuthorizeAsync(own, message, cancellation);
        if (authorized is not Outcome<AuthorizeReply>.Done { Value: var reply })
        {
            return AgentTelemetry.End(span, ((Outcome<AuthorizeReply>.Refused)authorized).Refusal);
        }

        // The record is of what was asked, commits to the codes that were sent, and stands in a log with one history.
        var approved = ApprovedExchange.Check(reply, asked.Entry.Open, asked.LeafHash, trust.Catalogs, codes);
        if (approved is Outcome<ApprovedExchange>.Done { Value: var exchange } && WhyNotBelieved(exchange, known, reply) is { } not)
        {
            approved = not;
        }

        if (approved is Outcome<ApprovedExchange>.Refused { Refusal.Name: RefusalName.ReceiptInvalid or RefusalName.CommitmentInvalid or RefusalName.CatalogMismatch })
        {
            evidence.Keep("approval", new Dictionary<string, byte[]>(StringComparer.Ordinal)
            {
                ["receipt"] = reply.Receipt?.ToByteArray() ?? [],
                ["requestCommitment"] = asked.LeafHash.ToArray(),
            });
        }

        AgentTelemetry.End(span, (approved as Outcome<ApprovedExchange>.Refused)?.Refusal);
        return approved;
    }

    private Refusal? WhyNotBelieved(ApprovedExchange exchange, IEnumerable<SignedCheckpoint> known, AuthorizeReply reply)
    {
        var included = brokerLog.Included(exchange.Receipt);
        if (included is not Outcome<SignedCheckpoint>.Done { Value: var tree })
        {
            return ((Outcome<SignedCheckpoint>.Refused)included).Refusal;
        }

        var pin = known.FirstOrDefault(pin => string.Equals(pin.Checkpoint.Origin, tree.Checkpoint.Origin, StringComparison.Ordinal));
        return brokerLog.WhyNotGrown(tree, pin, reply.Consistency);
    }

    private async Task<Outcome<ReadExchange>> FetchAsync(
        AddressedQuestion question, ApprovedExchange approved, IReadOnlyList<Linked> linked, RecipientKey recipient, LeafGeneration own, CancellationToken cancellation)
    {
        // 4. The data, from the provider itself.
        var request = new FetchRequest
        {
            Token = approved.Token.Reveal(),
            Receipt = approved.Receipt,
            RecipientKey = recipient.PublicKey.ToArray().ToByteString(),
            Conditions = question.Inquiry.Conditions.ToMessage(),
        };
        if (question.IsChecked || approved.Catalog.Entries[question.Inquiry.Entry].Requirements.IdentityCheck)
        {
            (uint, string)[] subjects = [.. approved.Indices.Select(index => (index, linked[(int)index].Person))];
            var checks = identity.WhyNot() is { } not ? not : await identity.MakeAsync(own, question.Provider, approved.Token.Sha256, subjects, question.Newest, cancellation);
            if (checks is not Outcome<IReadOnlyList<SealedIdentityCheck>>.Done { Value: var made })
            {
                return ((Outcome<IReadOnlyList<SealedIdentityCheck>>.Refused)checks).Refusal;
            }

            request.IdentityChecks.Add(made);
        }

        using var span = AgentTelemetry.Begin("infolink.fetch", ActivityKind.Client);
        var fetched = await peers.FetchAsync(own, question.Provider, request, approved.Indices.Count, cancellation);
        AgentTelemetry.End(span, (fetched as Outcome<SealedReply>.Refused)?.Refusal);
        if (fetched is not Outcome<SealedReply>.Done { Value: var sealedReply })
        {
            return ((Outcome<SealedReply>.Refused)fetched).Refusal;
        }

        // 5. Believed step by step.
        return answers.Read(sealedReply, approved, question.Provider, recipient) switch
        {
            Outcome<IReadOnlyList<ReadSubject>>.Done done => new ReadExchange(approved, done.Value),
            Outcome<IReadOnlyList<ReadSubject>>.Refused no => no.Refusal,
            _ => throw new InvalidOperationException("An outcome is done or refused."),
        };
    }

    private async Task<List<Linked>> LinkAsync(IEnumerable<string> persons, CancellationToken cancellation)
    {
        var linked = new List<Linked>();
        foreach (var person in persons)
        {
            if (await links.CodeOfAsync(person, cancellation) is { } code)
            {
                linked.Add(new Linked(person, code));
            }
        }

        return linked;
    }

    /// <summary>Whom the provider holds for somebody else is not asked about through this link again, until a human has decided.</summary>
    private async Task QuarantineAsync(ReadExchange read, IReadOnlyList<Linked> linked, AgencyId provider)
    {
        var act = new LinkAct("automatic", $"identity mismatch at {provider}");
        foreach (var subject in read.Subjects.Where(subject => Outcomes.Of(subject.Result) == SubjectOutcome.MismatchOutcome))
        {
            await links.QuarantineAsync(LocalId.Of(linked[(int)subject.Index].Person), act, CancellationToken.None);
        }
    }

    private static IEnumerable<OwnSubject> Received(ReadExchange read, IReadOnlyList<Linked> linked) => read.Subjects.Select(subject =>
        new OwnSubject(subject.Index, CommitmentSide.RequesterCode, linked[(int)subject.Index].Code, Outcomes.Of(subject.Result), subject.Digest)
        {
            Evidence = subject.Evidence,
            SealedContent = subject.SealedContent,
        });

    private static Fetched HandOver(IReadOnlyList<string> persons, IReadOnlyList<Linked> linked, ReadExchange read, Admitted admitted)
    {
        var results = new Dictionary<string, FetchedPerson>(StringComparer.Ordinal);
        foreach (var (index, refusal) in read.Exchange.Refused)
        {
            var person = linked[(int)index].Person;
            results[person] = new FetchedPerson.Refused(person, refusal);
        }

        foreach (var subject in read.Subjects)
        {
            var person = linked[(int)subject.Index].Person;
            results[person] = Outcomes.Person(person, subject.Result);
        }

        return new Fetched(
            read.Exchange.ExchangeId,
            [.. persons.Select(person => results.GetValueOrDefault(person) ?? new FetchedPerson.Refused(person, WhyNotAsked(person, admitted)))]);
    }

    private static Refusal WhyNotAsked(string person, Admitted admitted) => admitted.Closed.GetValueOrDefault(person) ?? RefusalName.LinkMissing;

    private sealed record Linked(string Person, LinkCode Code);

    private sealed record ReadExchange(ApprovedExchange Exchange, IReadOnlyList<ReadSubject> Subjects);
}
