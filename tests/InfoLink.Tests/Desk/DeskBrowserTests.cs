using InfoLink.Agent.Manual;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Manual;
using Microsoft.Playwright;
using Xunit;

namespace InfoLink.Tests.Desk;

/// <summary>The back-office page in a real browser, by keyboard, in both languages.</summary>
public sealed class DeskBrowserTests : IAsyncLifetime
{
    private static readonly string? Chromium = Array.Find(["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"], File.Exists);
    private readonly List<string> _errors = [];
    private DeskWorld _world = null!;
    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    public async ValueTask InitializeAsync()
    {
        if (Chromium is null)
        {
            Assert.Skip("chromium is not installed: apt-get install chromium");
        }

        _world = await DeskWorld.StartAsync();
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Chromium, Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        if (_world is not null)
        {
            await _world.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_clerk_answers_a_question_with_the_keyboard_alone()
    {
        var number = (await _world.Hand.QuestionAsync(HandWorld.Known)).Number;
        var page = await OpenAsync("clerk", "ja-JP");
        await Assertions.Expect(page.GetByRole(AriaRole.Tab, new() { Name = "回答待ち" })).ToHaveAttributeAsync("aria-selected", "true");
        Assert.Equal(0, await page.GetByRole(AriaRole.Tab, new() { Name = "個人の設定" }).CountAsync()); // She does not operate.
        await Assertions.Expect(page).ToHaveURLAsync($"{_world.Origin}/desk"); // The ticket has left the address.

        await TabToAsync(page, $"{number}");
        await page.Keyboard.PressAsync("Enter");
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Assertions.Expect(dialog).ToContainTextAsync(AgentNetwork.AtProvider(HandWorld.Known));
        await Assertions.Expect(dialog).Not.ToContainTextAsync("null");
        await TabToAsync(page, "業務システムの内容で回答");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#f-reason")).ToBeFocusedAsync(); // No reason, no decision.
        Assert.Equal(QueueState.Waiting, (await _world.Hand.Queue.FindAsync(number)).State);
        await page.Keyboard.InsertTextAsync("台帳で確認した");
        await TabToAsync(page, "業務システムの内容で回答");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(dialog).ToBeHiddenAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync("完了しました。");
        await Assertions.Expect(page.GetByText("ありません。")).ToBeVisibleAsync();
        Assert.Equal((QueueState.Decided, "台帳で確認した"), await DecidedAsync(number));
        Assert.Empty(_errors);
    }

    [Fact]
    public async Task An_answer_by_hand_leaves_as_it_was_entered()
    {
        var question = await _world.Hand.QuestionAsync(HandWorld.Known);
        var page = await OpenAsync("clerk", "en-GB");
        await page.GetByRole(AriaRole.Button, new() { Name = $"{question.Number}", Exact = true }).ClickAsync();
        await page.GetByText("Answer in part or by hand").ClickAsync();
        await page.Locator("[name='value:municipal-inhabitant-tax/total-income']").FillAsync("4321000");
        await page.Locator("#f-reason").FillAsync("corrected by hand");
        await page.GetByRole(AriaRole.Button, new() { Name = "Answer as entered" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Done.");
        Assert.Equal("4321000", HandWorld.IncomeOf(await _world.Hand.CollectOneAsync(question.Exchange)));
        Assert.Empty(_errors);
    }

    [Fact]
    public async Task Somebody_who_operates_sees_links_in_doubt_and_sets_flags_in_either_language()
    {
        var page = await OpenAsync("all", "en-GB");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Questions that wait" }).FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(page.GetByRole(AriaRole.Tab, new() { Name = "Links in doubt" })).ToBeFocusedAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = AgentNetwork.AtProvider(HandWorld.Quarantined) })).ToBeVisibleAsync();
        await page.Locator("#language").ClickAsync();
        await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("lang", "ja");
        await page.GetByRole(AriaRole.Tab, new() { Name = "個人の設定" }).ClickAsync();
        await page.GetByLabel("識別番号", new() { Exact = true }).FillAsync(AgentNetwork.AtProvider(HandWorld.Known));
        await page.GetByRole(AriaRole.Button, new() { Name = "表示" }).ClickAsync();
        await page.Locator("#f-reason").FillAsync("<b>支援措置</b>");
        await page.GetByRole(AriaRole.Button, new() { Name = "不開示にする" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "不開示を解く" })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("<b>支援措置</b>"); // Text, never markup.
        Assert.True((await _world.Hand.Network.Provider.Agent.Links.StandingAsync(Agent.Links.LocalId.Of(AgentNetwork.AtProvider(HandWorld.Known))))!.IsWithheld);
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToBeHiddenAsync();
        Assert.Empty(_errors);
    }

    [Fact]
    public async Task Exchanges_are_found_by_their_id_and_that_somebody_looked_is_on_record()
    {
        var exchange = (await _world.Hand.QuestionAsync(HandWorld.Known)).Exchange;
        var page = await OpenAsync("inspector", "en-GB");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Exchanges" }).ClickAsync();
        await page.Locator("#f-reason").FillAsync("monthly look");
        await page.Locator("#f-exchange").FillAsync(exchange.ToString());
        await page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Table)).ToContainTextAsync(exchange.ToString());
        Assert.Contains(await AgentNetwork.AllOfAsync(_world.Hand.Network.Provider), entry => entry.Open.Act is { What: "audit", Reason: "monthly look" });

        // The session ends: the page says so, and shows nothing more.
        await page.GetByRole(AriaRole.Button, new() { Name = "End" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("infolink-agent desk");
        Assert.Equal(0, await page.GetByRole(AriaRole.Tab).CountAsync());
        Assert.Empty(_errors);
    }

    private async Task<(QueueState State, string Reason)> DecidedAsync(long number)
    {
        var question = await _world.Hand.Queue.FindAsync(number);
        return (question.State, question.Decision!.By.Reason);
    }

    private async Task<IPage> OpenAsync(string @operator, string locale)
    {
        var page = await _browser.NewPageAsync(new BrowserNewPageOptions { Locale = locale });
        page.SetDefaultTimeout((float)TestNetwork.Patience.TotalMilliseconds);
        page.PageError += (_, error) => _errors.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type is "error")
            {
                _errors.Add(message.Text);
            }
        };
        await page.GotoAsync($"{_world.Origin}/desk#{await _world.TicketAsync(@operator)}");
        await Assertions.Expect(page.Locator("#who")).ToContainTextAsync(@operator);
        await Assertions.Expect(page.GetByRole(AriaRole.Tabpanel)).Not.ToBeEmptyAsync();
        return page;
    }

    /// <summary>By Tab, until the button with this text has the focus.</summary>
    private static async Task TabToAsync(IPage page, string text)
    {
        for (var pressed = 0; pressed < 40; pressed++)
        {
            if (string.Equals(await page.EvaluateAsync<string>("() => document.activeElement.textContent.trim()"), text, StringComparison.Ordinal))
            {
                return;
            }

            await page.Keyboard.PressAsync("Tab");
        }

        Assert.Fail($"'{text}' is not reached by Tab.");
    }
}
