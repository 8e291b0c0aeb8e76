using System.Net;
using InfoLink.Agent;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identity;
using InfoLink.Tests.EndToEnd;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.Sources;

/// <summary>A real HTTP system on a loopback port, well-behaved and not.</summary>
public sealed class HttpSourceTests : IAsyncLifetime
{
    private const string Secret = "SECRET-VALUE";
    private const string Good = """{"nendo":2026,"kubun":"03","zei":{"kinto":"003000","shotoku":[124500]},"haigu":"無","kettei":"令和8年5月15日","memo":"SECRET-VALUE"}""";
    private readonly TemporaryFolder _folder = new();
    private readonly AgentOptions _agent = new();
    private WebApplication? _system;
    private Func<HttpContext, Task> _answer = context => context.Response.WriteAsync(Good);
    private string _asked = "";
    private string? _authorization;

    public static TheoryData<string, string> Malformed => new()
    {
        { "", "not JSON" },
        { "<html>SECRET-VALUE</html>", "not JSON" },
        { "{\"nendo\":SECRET-VALUE}", "not JSON" },
        { "{\"nendo\":2026} {}", "not JSON" },
        { "{\"nendo\":2026,\"nendo\":2025}", "names a member twice" },
        { "[{\"nendo\":2026}]", "not one object" },
        { "\"SECRET-VALUE\"", "not one object" },
        { "null", "not one object" },
        { "{\"nendo\":2026", "not JSON" },
    };

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _system = builder.Build();
        _system.Run(context =>
        {
            (_asked, _authorization) = (context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget, context.Request.Headers.Authorization.ToString());
            return _answer(context);
        });
        await _system.StartAsync();
        KeyFile.WriteNew(_folder.Path("api.secret"), $"Bearer {Secret}\n");
        _agent.Folder = _folder.Path();
    }

    public async ValueTask DisposeAsync()
    {
        await _system!.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task One_persons_record_is_mapped_into_the_layout()
    {
        var source = Mapped();
        Assert.Empty(source.Errors(_agent));
        Assert.Empty(ItemMap.Misfits(source, Asked.Catalog));
        var items = await Asked.ReadAsync(source, "S-77310", agent: _agent);
        Assert.Equal(
            "assessed-on=2026-05-15 dependants:not-recorded dependants-under-16:not-recorded income-levy=124500 per-capita-levy=3000 spouse-in-same-livelihood=false tax-year=2026 taxation-class=3 total-income:not-converted",
            Asked.Text(items));
        Assert.Empty(Layout.Check(Asked.Catalog.Kinds[Asked.For("x").Kind], items!));
        Assert.Equal("/persons/S-77310?year=2026", _asked);
        Assert.Equal($"Bearer {Secret}", _authorization);
    }

    [Fact]
    public async Task Without_a_map_members_are_items()
    {
        _answer = context => context.Response.WriteAsync("\uFEFF{\"amount\":10.50,\"flag\":true,\"day\":null,\"day:absent\":\"not-yet-determined\",\"other\":null}");
        Assert.Equal("amount=10.5 day:not-yet-determined flag=true other:not-recorded", Asked.Text(await Asked.ReadAsync(Source(), "S-1", agent: _agent)));
    }

    [Theory]
    [InlineData("S/1?x=1#y&z %", "/persons/S%2F1%3Fx%3D1%23y%26z%20%25?year=2026")]
    [InlineData("世田谷", "/persons/%E4%B8%96%E7%94%B0%E8%B0%B7?year=2026")]
    [InlineData("{taxYear}", "/persons/%7BtaxYear%7D?year=2026")]
    public async Task An_identifier_is_one_piece_of_the_URL_whatever_it_holds(string person, string asked)
    {
        await Asked.ReadAsync(Mapped(), person, agent: _agent);
        Assert.Equal(asked, _asked);
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("../admin")]
    [InlineData("x\\..\\y")]
    [InlineData("")]
    public async Task An_identifier_that_leads_elsewhere_is_not_sent(string person)
    {
        await FaultAsync(Mapped(), person);
        Assert.Equal("", _asked);
    }

    [Fact]
    public async Task A_condition_that_the_URL_needs_and_the_question_lacks_is_named_and_nothing_sent()
    {
        var fault = await Assert.ThrowsAsync<SourceFaultException>(() => Asked.ReadAsync(Mapped(), "S-1", InquiryConditions.None, _agent));
        Assert.Contains("{taxYear}", fault.Message, StringComparison.Ordinal);
        Assert.Equal("", _asked);
    }

    [Fact]
    public async Task Not_found_is_nothing_to_answer()
    {
        _answer = Status(HttpStatusCode.NotFound);
        Assert.Null(await Asked.ReadAsync(Mapped(), "S-1", agent: _agent));
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError, "500")]
    [InlineData(HttpStatusCode.Unauthorized, "401")]
    [InlineData(HttpStatusCode.NoContent, "204")]
    [InlineData(HttpStatusCode.Accepted, "202")]
    public async Task Any_other_status_is_a_fault_that_names_it(HttpStatusCode status, string named)
    {
        _answer = Status(status);
        Assert.Contains(named, await FaultAsync(Mapped()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpStatusCode.Found)]
    [InlineData(HttpStatusCode.MovedPermanently)]
    [InlineData(HttpStatusCode.TemporaryRedirect)]
    [InlineData(HttpStatusCode.PermanentRedirect)]
    public async Task A_redirection_is_not_followed(HttpStatusCode status)
    {
        var asked = 0;
        _answer = context =>
        {
            asked++;
            context.Response.Headers.Location = "/SECRET-VALUE";
            return Status(status)(context);
        };
        Assert.Contains("redirects", await FaultAsync(Mapped()), StringComparison.Ordinal);
        Assert.Equal(1, asked);
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task An_answer_that_is_not_one_JSON_object_is_a_fault_that_repeats_none_of_it(string body, string named)
    {
        _answer = context => context.Response.WriteAsync(body);
        Assert.Contains(named, await FaultAsync(Mapped()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_that_is_no_UTF8_or_half_a_character_is_no_value()
    {
        foreach (var bytes in (byte[][])[[.. "{\"nendo\":\""u8, 0xFF, 0xFE, .. "\"}"u8], "{\"nendo\":\"\\ud83d\"}"u8.ToArray()])
        {
            _answer = context => context.Response.Body.WriteAsync(bytes).AsTask();
            var source = Mapped();
            Assert.Contains("tax-year", (await Assert.ThrowsAsync<MappingException>(() => Asked.ReadAsync(source, "S-1", agent: _agent))).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_huge_answer_is_given_up_at_64_KiB_and_one_of_just_that_is_read()
    {
        var body = $"{{\"x\":\"{new string('a', 64 * 1024)}\"}}";
        _answer = context => context.Response.WriteAsync(body);
        Assert.Contains("larger than 64 KiB", await FaultAsync(Source()), StringComparison.Ordinal);
        body = $"{{\"x\":\"{new string('a', (64 * 1024) - 8)}\"}}";
        Assert.Single((await Asked.ReadAsync(Source(), "S-1", agent: _agent))!);

        // One that never ends is not read to its end.
        _answer = async context =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.WriteAsync(new string(' ', 8192), context.RequestAborted);
            }
        };
        Assert.Contains("larger than 64 KiB", await FaultAsync(Source()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_slow_answer_is_given_up_whether_or_not_it_has_begun(bool begun)
    {
        _answer = async context =>
        {
            if (begun)
            {
                await context.Response.WriteAsync("{", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        };
        var source = Mapped();
        source.Http!.TimeoutSeconds = 1;
        Assert.Contains("within 1 s", await FaultAsync(source), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_system_that_breaks_off_or_is_away_is_a_fault()
    {
        _answer = async context =>
        {
            context.Response.ContentLength = 100;
            await context.Response.WriteAsync("{\"x\":\"SECRET-VALUE");
            await context.Response.Body.FlushAsync();
            context.Abort();
        };
        Assert.Contains("broke off", await FaultAsync(Mapped()), StringComparison.Ordinal);
        var source = Mapped();
        await _system!.StopAsync();
        Assert.Contains("cannot be reached", await FaultAsync(source), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_types_missing_members_and_unknown_codes_are_said_together_and_never_the_values()
    {
        _answer = context => context.Response.WriteAsync("""{"nendo":{"x":"SECRET-VALUE"},"kubun":"SECRET-VALUE","zei":["SECRET-VALUE"],"haigu":"SECRET-VALUE","kettei":null}""");
        var source = Mapped();
        var fault = await Assert.ThrowsAsync<MappingException>(() => Asked.ReadAsync(source, "S-1", agent: _agent));
        Assert.Equal("tax-year taxation-class per-capita-levy income-levy spouse-in-same-livelihood", string.Join(' ', fault.Errors.Select(error => error.Item)));
        Assert.Equal(
            [LayoutRule.NotCanonical, LayoutRule.NotInCodeList, LayoutRule.Missing, LayoutRule.Missing, LayoutRule.NotCanonical], fault.Errors.Select(error => error.Rule));
        Assert.DoesNotContain("SECRET", fault.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://tax.example/{person}?y={taxYear}&k={kind}&f={from}&t={to}&a={asOf}", true)]
    [InlineData("http://127.0.0.1:8080/{person}", true)]
    [InlineData("http://localhost:8080/{person}", true)]
    [InlineData("http://tax.example/{person}", false)]
    [InlineData("https://tax.example/", false)]
    [InlineData("https://tax.example/{person}/{name}", false)]
    [InlineData("https://tax.example/{person}#x", false)]
    [InlineData("https://user:pw@tax.example/{person}", false)]
    [InlineData("https://tax.example:{person}/", false)]
    [InlineData("https://{person}/x", false)]
    [InlineData("https://{person}@tax.example/x", false)]
    [InlineData("https://tax.example?{person}", true)]
    [InlineData("ftp://tax.example/{person}", false)]
    [InlineData("file:///etc/{person}", false)]
    [InlineData("/{person}", false)]
    [InlineData("", false)]
    public void A_URL_leads_to_one_host_and_in_the_clear_only_to_this_one(string url, bool good) =>
        Assert.Equal(good, !new HttpSourceOptions { Url = url }.Errors(_agent).Any());

    [Fact]
    public void A_secret_is_read_from_a_file_that_its_owner_alone_reads_and_never_shown()
    {
        var http = new HttpSourceOptions { Url = "http://127.0.0.1/{person}", Header = "Authorization", Secret = "file:api.secret" };
        Assert.Empty(http.Errors(_agent));
        File.WriteAllText(_folder.Path("two-lines.secret"), $"{Secret}\r\nX-Other: {Secret}");
        if (!OperatingSystem.IsWindows())
        {
            Assert.Contains("open to others", Of("file:two-lines.secret"), StringComparison.Ordinal);
            File.SetUnixFileMode(_folder.Path("two-lines.secret"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        Assert.Contains("do not make a header", Of("file:two-lines.secret"), StringComparison.Ordinal);
        Assert.Contains("cannot be read", Of("file:none.secret"), StringComparison.Ordinal);
        Assert.Contains("NUL", Of("file:api\0.secret"), StringComparison.Ordinal);
        http.Header = "Content-Type";
        Assert.Contains("not the name of a request's header", Of("file:api.secret"), StringComparison.Ordinal);

        string Of(string secret)
        {
            http.Secret = secret;
            var error = Assert.Single(http.Errors(_agent));
            Assert.DoesNotContain(Secret, error, StringComparison.Ordinal);
            return error;
        }
    }

    private SourceOptions Source() => new() { Kind = Asked.Tax, Http = new HttpSourceOptions { Url = $"{_system!.Urls.Single()}/persons/{{person}}" } };

    private SourceOptions Mapped() => new()
    {
        Kind = Asked.Tax,
        Http = new HttpSourceOptions { Url = $"{_system!.Urls.Single()}/persons/{{person}}?year={{taxYear}}", Header = "Authorization", Secret = "file:api.secret" },
        Map = new Dictionary<string, ItemMapOptions>(StringComparer.Ordinal)
        {
            ["tax-year"] = new() { From = "$.nendo" },
            ["taxation-class"] = new() { From = "$.kubun", Codes = { ["01"] = "1", ["02"] = "2", ["03"] = "3" } },
            ["per-capita-levy"] = new() { From = "$.zei.kinto", Number = true },
            ["income-levy"] = new() { From = "$.zei.shotoku[0]" },
            ["total-income"] = new() { WhenNull = "not-converted" },
            ["spouse-in-same-livelihood"] = new() { From = "$.haigu", True = ["有"], False = ["無"] },
            ["dependants"] = new() { From = "$.fuyo", MayBeMissing = true },
            ["dependants-under-16"] = new() { From = "$.fuyo16", MayBeMissing = true },
            ["assessed-on"] = new() { From = "$.kettei", Date = "era" },
        },
    };

    /// <summary>The fault's message, in which nothing stands that was sent or received.</summary>
    private async Task<string> FaultAsync(SourceOptions source, string person = "S-PERSON")
    {
        var fault = await Assert.ThrowsAsync<SourceFaultException>(() => Asked.ReadAsync(source, person, agent: _agent));
        Assert.DoesNotContain("SECRET", fault.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("S-PERSON", fault.ToString(), StringComparison.Ordinal);
        return fault.Message;
    }

    private static Func<HttpContext, Task> Status(HttpStatusCode status) => context =>
    {
        context.Response.StatusCode = (int)status;
        return Task.CompletedTask;
    };
}
