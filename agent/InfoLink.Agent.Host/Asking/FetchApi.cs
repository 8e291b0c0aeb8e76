using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using InfoLink.Agent.Asking;
using InfoLink.Agent.Host.Callers;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Host.Asking;

/// <summary>
/// Questions of the agency's own systems. <c>POST /v1/fetch</c>: one person. <c>POST /v1/questions</c>: a household, several providers at once. With the header <c>Idempotency-Key</c> the same call again gives the same
/// reply (<see cref="Repeats"/>), and <c>DELETE /v1/questions/{key}</c> gives one up that is under way.
/// </summary>
internal static class FetchApi
{
    public static void Map(WebApplication host)
    {
        Describe<LocalAnswer>(host.MapPost("/v1/fetch", (HttpContext context, InfoLinkAgent agent) =>
            AnswerAsync<LocalQuestion>(context, (question, cancellation) => FetchAsync(context, agent, question, cancellation))))
            .Accepts<LocalQuestion>("application/json").WithSummary("Ask another agency about one person.")
            .Produces<LocalAnswer>(StatusCodes.Status202Accepted).WithName("fetch");
        Describe<LocalResults>(host.MapPost("/v1/questions", (HttpContext context, InfoLinkAgent agent) =>
            AnswerAsync<LocalQuestions>(context, (questions, cancellation) => FetchAsync(context, agent, questions, cancellation))))
            .Accepts<LocalQuestions>("application/json").WithSummary("Ask 1 to 100 questions together: a household, several providers, several entries.").WithName("questions");
        host.MapDelete("/v1/questions/{key}", (string key, HttpContext context, Repeats repeats) => repeats.GiveUp(context.Features.Get<LocalKeyOptions>()?.Name ?? "", key) ? Results.NoContent() : Results.NotFound())
            .WithMetadata(new Need(Right.Ask)).WithSummary("Give a question up that is under way, by its Idempotency-Key. A token that was sent may be spent all the same.").WithName("give-up");
    }

    private static RouteHandlerBuilder Describe<T>(RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new Need(Right.Ask)).Produces<T>()
        .Produces<LocalRefusal>(StatusCodes.Status400BadRequest).Produces<LocalRefusal>(StatusCodes.Status401Unauthorized).Produces<LocalRefusal>(StatusCodes.Status403Forbidden)
        .Produces<LocalRefusal>(StatusCodes.Status409Conflict).Produces<LocalRefusal>(StatusCodes.Status429TooManyRequests).Produces<LocalRefusal>(StatusCodes.Status503ServiceUnavailable);

    /// <summary>Reads the question whole, and answers it once for its key.</summary>
    private static async Task<IResult> AnswerAsync<T>(HttpContext context, Func<T, CancellationToken, Task<LocalReply>> answer)
        where T : class
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        T question;
        try
        {
            question = JsonSerializer.Deserialize(body.GetBuffer().AsSpan(0, (int)body.Length), (JsonTypeInfo<T>)LocalReply.Format.GetTypeInfo(typeof(T))) ?? throw new JsonException("null");
        }
        catch (JsonException malformed)
        {
            return LocalReply.Refused(new Refusal(RefusalName.RequestMalformed, malformed.Path ?? "not JSON")).ToResult();
        }

        if (context.Request.Headers["Idempotency-Key"] is not { Count: > 0 } keys)
        {
            return (await answer(question, context.RequestAborted)).ToResult();
        }

        if (keys is not [{ Length: >= 1 and <= 200 } key])
        {
            return LocalReply.Refused(new Refusal(RefusalName.RequestMalformed, "Idempotency-Key: 1 to 200 characters, once")).ToResult();
        }

        var (reply, isAgain) = await context.RequestServices.GetRequiredService<Repeats>().OnceAsync(
            context.Features.Get<LocalKeyOptions>()?.Name ?? "", key, [.. System.Text.Encoding.UTF8.GetBytes(context.Request.Path), 0, .. body.ToArray()], stop => answer(question, stop), context.RequestAborted);
        if (isAgain)
        {
            context.Response.Headers["Idempotency-Replayed"] = "true";
        }

        return reply.ToResult();
    }

    private static async Task<LocalReply> FetchAsync(HttpContext context, InfoLinkAgent agent, LocalQuestion question, CancellationToken cancellation)
    {
        if (question.TryRead() is not { } read)
        {
            return LocalReply.Refused(new Refusal(RefusalName.RequestMalformed, "entry, provider, role or conditions"));
        }

        var inquiry = read with { CollectsItself = question.Collect };
        if (WhyNot(context, inquiry) is { } not)
        {
            return LocalReply.Refused(not);
        }

        if (WhoAsks(context, question.Operator, question.Terminal, question.Use, question.CaseReference) is not { } who)
        {
            return LocalReply.Refused(new Refusal(RefusalName.CallerNotAllowed, "operator"));
        }

        try
        {
            var time = context.RequestServices.GetService<TimeProvider>() ?? TimeProvider.System;
            var asked = time.GetUtcNow();
            var fetched = await agent.FetchAsync([question.Person], inquiry, who, cancellation);
            var result = ResultOf(new PersonAnswer(fetched.ExchangeId, fetched.Choice, fetched.Persons[0]));
            if (question.Sheet && fetched.Persons[0] is FetchedPerson.Answered)
            {
                var sheet = new ResultSheet(agent) { Entry = inquiry.Entry, Provider = fetched.Choice?.Provider, Department = fetched.Choice?.Department, Exchange = fetched.ExchangeId, Who = who, Asked = asked, Answered = time.GetUtcNow() };
                result = result with { Answer = result.Answer! with { Sheet = sheet.Html(fetched.Persons) } };
            }

            return fetched.Persons[0] is FetchedPerson.Refused refused
                ? LocalReply.Refused(refused.Refusal, fetched.ExchangeId?.ToString())
                : LocalReply.Of(result.Answer!, result.Answer!.PendingUntil is null ? StatusCodes.Status200OK : StatusCodes.Status202Accepted);
        }
        catch (ProviderNotMemberException elsewhere)
        {
            return LocalReply.Refused(elsewhere.Refusal with { Detail = elsewhere.Municipality }); // To the clerk, who has to ask there; to no log.
        }
        catch (RefusedException refused)
        {
            return LocalReply.Refused(refused.Refusal);
        }
    }

    private static async Task<LocalReply> FetchAsync(HttpContext context, InfoLinkAgent agent, LocalQuestions asked, CancellationToken cancellation)
    {
        const int Most = 100;
        if (asked.Questions.Count is 0 or > Most)
        {
            return LocalReply.Refused(new Refusal(RefusalName.SubjectCount, $"questions: 1 to {Most}"));
        }

        if (asked.Questions.Contains(null!))
        {
            return LocalReply.Refused(new Refusal(RefusalName.RequestMalformed, "questions: null is none"));
        }

        if (WhoAsks(context, asked.Operator, asked.Terminal, asked.Use, asked.CaseReference) is not { } who)
        {
            return LocalReply.Refused(new Refusal(RefusalName.CallerNotAllowed, "operator"));
        }

        var results = new LocalResult[asked.Questions.Count];
        var questions = new List<(int At, PersonQuestion Question)>();
        foreach (var (at, one) in asked.Questions.Index())
        {
            var inquiry = LocalQuestion.TryRead(one.Entry, one.Provider, one.Role, one.Conditions);
            var refusal = inquiry is null ? new Refusal(RefusalName.RequestMalformed, "entry, provider, role or conditions") : WhyNot(context, inquiry);
            if (refusal is not null)
            {
                results[at] = new LocalResult(Answer: null, LocalReply.RefusalOf(refusal, exchange: null));
                continue;
            }

            questions.Add((at, new PersonQuestion(one.Person, inquiry!)));
        }

        var answers = questions.Count == 0 ? [] : await agent.FetchSeveralAsync([.. questions.Select(one => one.Question)], who, cancellation);
        foreach (var ((at, _), answer) in questions.Zip(answers))
        {
            results[at] = ResultOf(answer);
        }

        return LocalReply.Of(new LocalResults(results), isFinal: Array.Exists(results, result => result.Answer is not null || result.Refusal!.ExchangeId is not null));
    }

    /// <summary>Who asks; where a proxy vouches for its operators, whom it names. Null: it names none, or the question names another.</summary>
    internal static Asker? WhoAsks(HttpContext context, string? @operator, string terminal, string use, string? reference)
    {
        var caller = context.Features.Get<LocalKeyOptions>();
        if (caller is not { Claims: { } options })
        {
            return new Asker(@operator ?? "", terminal, use, reference ?? "") { Caller = caller?.Name ?? "" };
        }

        return Claims.Read(options, context.Request.Headers) is { } vouched && (@operator is null || string.Equals(@operator, vouched.Operator, StringComparison.Ordinal))
            ? new Asker(vouched.Operator, terminal, use, reference ?? "") { Claims = vouched.Claims, Caller = caller.Name }
            : null;
    }

    private static Refusal? WhyNot(HttpContext context, Inquiry inquiry) =>
        context.Features.Get<LocalKeyOptions>() is { } key && !key.MayAsk(inquiry.Entry) ? new Refusal(RefusalName.CallerNotAllowed, "entry") : null;

    private static LocalResult ResultOf(PersonAnswer answer)
    {
        var (exchange, provider, department) = (answer.Exchange?.ToString(), answer.Choice?.Provider.Value, answer.Choice?.Department);
        return answer.Person switch
        {
            FetchedPerson.Answered answered => new LocalResult(new LocalAnswer(exchange, "answered", provider, department, Kinds(answered.Kinds), null), Refusal: null),
            FetchedPerson.Pending pending => new LocalResult(new LocalAnswer(exchange, "pending", provider, department, null, pending.Deadline), Refusal: null),
            FetchedPerson.Refused refused => new LocalResult(Answer: null, LocalReply.RefusalOf(refused.Refusal, exchange)),
            _ => throw new InvalidOperationException("A person is answered, pending or refused."),
        };
    }

    internal static Dictionary<string, Dictionary<string, LocalItem>> Kinds(Requesting.AnsweredKinds kinds) => kinds.All.ToDictionary(
        kind => kind.Key.Value,
        kind => kind.Value.ToDictionary(
            item => item.Key,
            item => item.Value is ItemAnswer.Value value ? new LocalItem(value.Text, null) : new LocalItem(null, ((ItemAnswer.Absent)item.Value).Reason.Id),
            StringComparer.Ordinal),
        StringComparer.Ordinal);
}
