using System.Text.Json;
using System.Text.Json.Serialization;
using InfoLink.Agent.Host.Callers;
using InfoLink.Agent.Links;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Refusals;
using InfoLink.Transparency;

namespace InfoLink.Agent.Host;

/// <summary>
/// How the running agent answers its operators' commands over the local socket: JSON, and where something is wrong with what they want, <c>error</c> with the
/// cause and the way out. What takes long answers with a line of JSON for each step, of which the last may be the error.
/// </summary>
internal static class LocalAnswers
{
    /// <summary>So much of a list that may be longer.</summary>
    public const int MostListed = 1_000;

    public static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // For programs and terminals, never inside HTML: Japanese stays readable.
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    public static async Task<IResult> OfAsync<T>(Func<Task<T>> act)
    {
        try
        {
            return Results.Json(await act(), Format);
        }
        catch (Exception fault) when (Said(fault) is { } error)
        {
            return Results.Json(
                new { error, errorJa = fault is RefusedException { Refusal: var why } ? $"{why.Text}: {why.CauseJa} {why.WayOutJa}" : null },
                Format,
                statusCode: fault is LogUnavailableException ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status400BadRequest);
        }
    }

    /// <summary>Reads what is wanted, with care, and does it.</summary>
    public static Task<IResult> OfAsync<TWish, T>(HttpRequest request, Func<TWish, Task<T>> act)
        where TWish : class => OfAsync(async () => await act(await ReadAsync<TWish>(request)));

    /// <summary>The same for what takes long: a line for each step.</summary>
    public static async Task<IResult> TellAsync<TWish, TStep>(HttpRequest request, Func<TWish, IAsyncEnumerable<TStep>> act)
        where TWish : class
    {
        IAsyncEnumerable<TStep> steps;
        try
        {
            steps = act(await ReadAsync<TWish>(request));
        }
        catch (Exception fault) when (Said(fault) is { } error)
        {
            return Results.Json(new { error }, Format, statusCode: StatusCodes.Status400BadRequest);
        }

        return Results.Stream(
            async stream =>
            {
                try
                {
                    await foreach (var step in steps)
                    {
                        await LineAsync(stream, step);
                    }
                }
                catch (Exception fault) when (Said(fault) is { } error)
                {
                    await LineAsync(stream, new { error });
                }
            },
            "application/x-ndjson");
    }

    private static async Task<T> ReadAsync<T>(HttpRequest request)
        where T : class
    {
        var wish = await request.ReadFromJsonAsync<T>(Format) ?? throw new FormatException("Nothing was sent.");
        if (wish is LocalWish by)
        {
            by.Check();
            by.Claims = ClaimsOf(request.HttpContext, by.Operator);
            if (!by.IsDecidedElsewhere)
            {
                RequireMayOperate(request.HttpContext, by.Operator, by.Claims);
            }
        }

        return wish;
    }

    /// <summary>Changes what the agent does: who wants it has a role that may.</summary>
    /// <exception cref="FormatException">The proxy names another, or nobody.</exception>
    /// <exception cref="RefusedException">OPERATOR-UNKNOWN or OPERATOR-NOT-ALLOWED.</exception>
    public static void RequireMayOperate(HttpContext context, string @operator) => RequireMayOperate(context, @operator, ClaimsOf(context, @operator));

    private static void RequireMayOperate(HttpContext context, string @operator, OperatorClaims? claims) => context.RequestServices.GetService<InfoLinkAgent>()?.RequireMayOperate(@operator, claims);

    /// <summary>Who wants it is whose session it is, or whom the proxy vouches for, where one does.</summary>
    private static OperatorClaims? ClaimsOf(HttpContext context, string @operator) => context.Features.Get<DeskOperator>() is { } at
        ? string.Equals(at.Operator, @operator, StringComparison.Ordinal) ? at.Claims : throw new FormatException("operator: this session is another's.")
        : context.Features.Get<LocalKeyOptions>() is not { Claims: { } options } ? null
        : Claims.Read(options, context.Request.Headers) is { } vouched && string.Equals(vouched.Operator, @operator, StringComparison.Ordinal) ? vouched.Claims
        : throw new FormatException("operator: the proxy names another, or nobody.");

    private static async Task LineAsync<T>(Stream stream, T line)
    {
        await JsonSerializer.SerializeAsync(stream, line, Format);
        await stream.WriteAsync("\n"u8.ToArray());
        await stream.FlushAsync();
    }

    /// <summary>What an operator is told; null: a fault of the agent's own, which its log has.</summary>
    private static string? Said(Exception fault) => fault switch
    {
        LogUnavailableException => $"Nothing was done: {fault.Message}",
        FormatException or JsonException or InvalidOperationException or ArgumentException or IOException or UnauthorizedAccessException or RefusedException => fault.Message,
        _ => null,
    };
}

/// <summary>What somebody wants done, who it is, and why.</summary>
internal abstract record LocalWish(string Operator, string Reason)
{
    /// <summary>For the history of links and the record.</summary>
    internal LinkAct By => new(Operator, Reason) { Claims = Claims };

    /// <summary>What the proxy says of the operator; null where there is none.</summary>
    internal OperatorClaims? Claims { get; set; }

    /// <summary>Whether the operator may is asked where it is done; else she needs a role that operates.</summary>
    internal virtual bool IsDecidedElsewhere => false;

    /// <exception cref="FormatException">Something is missing, or too much.</exception>
    public virtual void Check()
    {
        if (string.IsNullOrWhiteSpace(Operator) || string.IsNullOrWhiteSpace(Reason) || Operator.Length > 200 || Reason.Length > 500)
        {
            throw new FormatException("Say who wants it and why; at most 200 and 500 characters.");
        }
    }
}
