using System.Text;
using InfoLink.Agent;
using InfoLink.Agent.Asking.Folders;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.Asking;

/// <summary>A system that can only write files puts them into a folder, and finds what came of them in another.</summary>
public sealed class WatchedFolderTests : IAsyncLifetime
{
    private const int Persons = 4;
    private readonly LeapingClock _clock = LeapingClock.Standing();
    private readonly AgentOptions _agent = new();
    private AskingWorld _world = null!;
    private FolderOptions _options = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await AskingWorld.StartAsync(Persons);
        Directory.CreateDirectory(_world.Files.Path("kodomo"));
        _options = OptionsOf("kodomo");
        _agent.Folder = _world.Files.Path();
        _agent.Local.Keys.Add(new LocalKeyOptions { Name = "welfare", Sha256 = new string('A', 43), Ask = { "106.*" } });
        _agent.Folders.Add(_options);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task What_is_put_in_comes_out_with_a_result_for_each_line()
    {
        await using var folder = Open();
        var whole = _world.Files.Path("whole.csv");
        await File.WriteAllTextAsync(whole, "id,tax_year\nY-1,2026\nY-nobody,\n\"Y-2\n");
        File.Move(whole, In("kodomo-0401.csv"));
        await UntilEmptyAsync(folder);

        var results = AskingWorld.Read(Place("out", "kodomo-0401.csv")).Skip(1).OrderBy(fields => int.Parse(fields[0])).Select(fields => (fields[0], fields[1], fields[2], fields[3])).ToList();
        Assert.Equal([("2", "Y-1", "answered", ""), ("3", "Y-nobody", "refused", "LINK-MISSING"), ("4", "", "broken", "")], results);
        Assert.Equal(["kodomo-0401.csv"], Names("done"));
        Assert.Empty(Names("in"));
        Assert.Empty(Names("failed"));
        Assert.Empty(Names("work"));
        Assert.All([Place("out", "kodomo-0401.csv"), Place("done", "kodomo-0401.csv")], path => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(path)));

        // How far it is can be looked up, and who answers for it is on record.
        var job = Assert.Single(await _world.Network.Requester.Agent.AskJobsAsync());
        Assert.StartsWith("kodomo/kodomo-0401.csv ", job.Name, StringComparison.Ordinal);
        var asked = await AgentNetwork.OneAsync(_world.Network.Requester.Log.Store, AccessEvent.Asked);
        Assert.Equal(("児童手当係", "夜間連携", "現況届", "K-1"), (asked.Particulars!.Operator, asked.Particulars.Terminal, asked.Particulars.Use, asked.Particulars.CaseReference));
    }

    [Fact]
    public async Task A_file_that_still_grows_is_left_alone()
    {
        _options.QuietSeconds = 60;
        await using var folder = Open();
        await File.WriteAllTextAsync(In("a.csv"), "id\nY-1\n");
        await folder.LookAsync(CancellationToken.None);
        _clock.Leap(TimeSpan.FromSeconds(59));
        await File.AppendAllTextAsync(In("a.csv"), "Y-2\n");
        await folder.LookAsync(CancellationToken.None);
        _clock.Leap(TimeSpan.FromSeconds(59));
        await folder.LookAsync(CancellationToken.None);
        Assert.Equal(["a.csv"], Names("in"));

        _clock.Leap(TimeSpan.FromSeconds(1));
        await UntilEmptyAsync(folder);
        Assert.Equal(3, AskingWorld.Read(Place("out", "a.csv")).Count);
    }

    [Fact]
    public async Task A_file_with_a_marker_waits_for_it_and_names_of_what_is_being_written_are_passed_over()
    {
        _options.Marker = ".ready";
        await using var folder = Open();
        foreach (var name in (string[])["a.csv", "b.csv.ready", ".c.csv", "d.csv.part"])
        {
            await File.WriteAllTextAsync(In(name), "id\nY-1\n");
        }

        await folder.LookAsync(CancellationToken.None);
        await folder.LookAsync(CancellationToken.None);
        Assert.Equal([".c.csv", "a.csv", "b.csv.ready", "d.csv.part"], Names("in"));
        await File.WriteAllTextAsync(In("a.csv.ready"), "");
        await UntilAsync(folder, () => Names("done") is ["a.csv"]);
        Assert.Equal([".c.csv", "b.csv.ready", "d.csv.part"], Names("in"));
    }

    [Fact]
    public async Task A_marker_that_a_stop_parted_from_its_file_comes_back_and_vouches_for_no_other()
    {
        _options.Marker = ".ready";
        await using var folder = Open();
        await File.WriteAllTextAsync(Place("work", "m.a.csv"), "");
        await File.WriteAllTextAsync(Place("work", "m.gone.csv"), "");
        await File.WriteAllTextAsync(In("a.csv"), "id\nY-1\n");
        await UntilAsync(folder, () => Names("done") is ["a.csv"]);
        await File.WriteAllTextAsync(In("a.csv"), "id\nY-2\n"); // The next of its name is not whole by the first one's marker, nor by one whose file is gone.
        await File.WriteAllTextAsync(In("gone.csv"), "id\nY-3\n");
        await folder.LookAsync(CancellationToken.None);
        await folder.LookAsync(CancellationToken.None);
        Assert.Equal(["a.csv", "gone.csv"], Names("in"));
        Assert.DoesNotContain(Names("work"), name => name.StartsWith("m.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Results_find_a_name_of_their_own_however_many_are_taken()
    {
        await using var folder = Open();
        foreach (var name in (string[])["a.csv", "a.txt", "a.dat", "a.lst"])
        {
            await PutAsync(folder, name, "id\nY-1\n");
        }

        Assert.Equal((4, 4, 0), (Names("out").Count, Names("done").Count, Names("failed").Count));
    }

    [Fact]
    public async Task The_same_file_again_asks_nobody_and_says_so_and_under_another_name_it_asks()
    {
        await using var folder = Open();
        await PutAsync(folder, "a.csv", "id\nY-1\n");
        await PutAsync(folder, "a.csv", "id\nY-1\n");
        Assert.Equal(["a.csv", "a.csv.error.txt"], Names("failed"));
        var why = await File.ReadAllTextAsync(Place("failed", "a.csv.error.txt"));
        Assert.Contains("another name", why, StringComparison.Ordinal);
        Assert.DoesNotContain("Y-1", why, StringComparison.Ordinal);
        Assert.Equal(1, await _world.OnRecordAsync(AccessEvent.Asked));

        await PutAsync(folder, "b.csv", "id\nY-1\n");
        await PutAsync(folder, "a.csv", "id\nY-2\n"); // Another content: its results stand beside the earlier ones.
        Assert.Equal(3, await _world.OnRecordAsync(AccessEvent.Asked));
        Assert.Equal(3, Names("out").Count);
        Assert.Equal(3, Names("done").Count);
        Assert.Equal("Y-1", AskingWorld.Read(Place("out", "a.csv"))[1][1]);
    }

    [Theory]
    [InlineData("link", "symbolic link")]
    [InlineData("folder", "it is a folder")]
    [InlineData("empty", "it is empty")]
    [InlineData("large", "larger than 1 megabytes")]
    [InlineData("encoding", "not of this encoding")]
    [InlineData("column", "no column 'id'")]
    [InlineData("control", "control characters")]
    [InlineData("link-to-folder", "symbolic link")]
    [InlineData("long", "longer than 180 bytes")]
    public async Task What_cannot_be_asked_is_put_aside_with_the_reason_and_nobody_is_asked(string what, string reason)
    {
        await using var folder = Open();
        var name = what switch { "control" => "a\tb.csv", "long" => $"{new string('名', 80)}.csv", _ => "a.csv" };
        switch (what)
        {
            case "link":
                await File.WriteAllTextAsync(_world.Files.Path("elsewhere.csv"), "id\nY-1\n");
                File.CreateSymbolicLink(In(name), _world.Files.Path("elsewhere.csv"));
                break;
            case "link-to-folder":
                File.CreateSymbolicLink(In(name), Place("out"));
                break;
            case "folder":
                Directory.CreateDirectory(In(name));
                await File.WriteAllTextAsync(Path.Combine(In(name), "b.csv"), "id\nY-1\n");
                break;
            case "large":
                await File.WriteAllTextAsync(In(name), $"id\n{string.Concat(Enumerable.Repeat("Y-1\n", 300_000))}");
                break;
            default:
                await File.WriteAllBytesAsync(In(name), what switch { "empty" => [], "encoding" => [.. "id\nY-1\n"u8, 0x8d, 0x82, (byte)'\n'], "column" => "number\nY-1\n"u8.ToArray(), _ => "id\nY-1\n"u8.ToArray() });
                break;
        }

        await UntilEmptyAsync(folder);
        Assert.Empty(Names("out"));
        var why = await File.ReadAllTextAsync(Place("failed", Assert.Single(Names("failed"), file => file.EndsWith(".error.txt", StringComparison.Ordinal))));
        Assert.Contains(reason, why, StringComparison.Ordinal);
        Assert.DoesNotContain("Y-1", why, StringComparison.Ordinal);
        Assert.Equal(2, Names("failed").Count);
        Assert.Equal(0, await _world.OnRecordAsync(AccessEvent.Asked));
    }

    [Fact]
    public async Task An_agent_that_stops_goes_on_with_what_it_had_taken_and_no_line_stands_twice()
    {
        var entered = new TaskCompletionSource();
        var source = _world.Network.Source;
        _world.Network.Source = async (_, cancellation) =>
        {
            entered.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            return null;
        };
        await using (var stopped = Open())
        {
            await File.WriteAllTextAsync(In("a.csv"), "id\nY-1\nY-2\n");
            await stopped.LookAsync(CancellationToken.None);
            await entered.Task.WaitAsync(TestNetwork.Patience);
        }

        Assert.Empty(Names("out"));
        _world.Network.Source = source;

        // And one that was killed right behind the rename.
        await File.WriteAllTextAsync(Place("work", "t.b.csv"), "id\nY-3\n");
        await using var folder = Open();
        await UntilAsync(folder, () => Names("done") is ["a.csv", "b.csv"]);
        Assert.Equal(["Y-1", "Y-2"], AskingWorld.Read(Place("out", "a.csv")).Skip(1).Select(fields => fields[1]), StringComparer.Ordinal);
        Assert.Equal(["Y-3"], AskingWorld.Read(Place("out", "b.csv")).Skip(1).Select(fields => fields[1]), StringComparer.Ordinal);
        Assert.Empty(Names("work"));
    }

    [Fact]
    public async Task A_folder_that_everybody_can_write_gives_nothing_and_is_an_error_of_the_configuration()
    {
        Assert.Empty(Errors());
        await using var folder = Open();
        SetMode(Place("in"), ModeOf(Place("in")) | UnixFileMode.OtherWrite);
        await File.WriteAllTextAsync(In("a.csv"), "id\nY-1\n");
        _world.Network.Network.Journal.Expect("is not safe");
        await folder.LookAsync(CancellationToken.None);
        Assert.Equal(["a.csv"], Names("in"));
        Assert.Contains("everybody can write", Assert.Single(Errors()), StringComparison.Ordinal);

        SetMode(Place("in"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupWrite);
        await UntilEmptyAsync(folder);
        Assert.Equal(["a.csv"], Names("done"));
    }

    [Fact]
    public async Task One_agent_watches_a_folder()
    {
        await using var folder = Open();
        Assert.Contains("another agent", Assert.Throws<InvalidOperationException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_asked_about_is_deleted_when_its_days_are_over()
    {
        await using var folder = Open();
        await PutAsync(folder, "a.csv", "id\nY-1\n");
        _clock.Leap(TimeSpan.FromDays(29));
        await folder.LookAsync(CancellationToken.None);
        Assert.Equal(["a.csv"], Names("done"));
        _clock.Leap(TimeSpan.FromDays(2));
        await folder.LookAsync(CancellationToken.None);
        Assert.Empty(Names("done"));
    }

    [Fact]
    public async Task An_agent_with_a_folder_in_its_configuration_watches_it_by_itself()
    {
        await _world.Network.StopRequesterAsync();
        var options = _world.Network.Folder.AgentOptions(NetworkFolder.Requester);
        options.Local.Keys.Add(_agent.Local.Keys[0]);
        _options.Folder = _world.Files.Path("kodomo");
        _options.EverySeconds = 1;
        options.Folders.Add(_options);
        await using var agent = await AgentHost.StartAsync(options, new Dictionary<Contracts.Identifiers.KindId, InfoLink.Agent.Sources.IInformationSource>(), TimeProvider.System, _world.Network.Network.Journal.Loggers);
        var whole = _world.Files.Path("a.csv");
        await File.WriteAllTextAsync(whole, "id\nY-1\n");
        File.Move(whole, In("a.csv")); // Whole: with no seconds to be quiet for, a file that is just being written would be taken.
        await Eventually.HoldsAsync(() => Names("done") is ["a.csv"], "the file is asked about");
        Assert.Equal("answered", AskingWorld.Read(Place("out", "a.csv"))[1][2]);
    }

    [Fact]
    public void Everything_that_is_wrong_with_a_folder_is_said_at_once()
    {
        var bad = new FolderOptions
        {
            Name = "Kodomo!",
            Caller = "nobody",
            Entry = "?",
            Kinds = { "?" },
            Provider = "?",
            Role = "?",
            Conditions = new FolderConditions { From = new DateOnly(2026, 1, 1) },
            Encoding = "utf-16",
            Results = "xml",
            Marker = "ready",
            QuietSeconds = -1,
            Folder = "nowhere",
        };
        _agent.Folders.Add(bad);
        string[] expected = ["a name has", "caller:", "entry:", "kinds:", "provider is", "conditions:", "say who asks", "encoding", "results:", "marker:", "quietSeconds:", "there is no folder"];
        Assert.Equal(expected.Length, Errors().Count);
        Assert.All(expected.Zip(Errors()), pair => Assert.Contains(pair.First, pair.Second, StringComparison.Ordinal));

        // The key asks under other entries, and two folders lie in one another.
        _agent.Folders.RemoveAt(1);
        _agent.Local.Keys[0].Ask[0] = "107.*";
        Directory.CreateDirectory(_world.Files.Path("kodomo", "inner"));
        _agent.Folders.Add(OptionsOf("kodomo/inner"));
        _agent.Folders[1].Name = "kodomo";
        Assert.Equal(5, Errors().Count);
    }

    private FolderOptions OptionsOf(string folder) => new()
    {
        Name = "kodomo",
        Folder = folder,
        Caller = "welfare",
        Entry = AgentNetwork.TaxEntry,
        Provider = NetworkFolder.Provider,
        Role = "claimant",
        Conditions = new FolderConditions { TaxYear = 2026 },
        Operator = "児童手当係",
        Terminal = "夜間連携",
        Use = "現況届",
        Case = "K-1",
        QuietSeconds = 0,
        MostMegabytes = 1,
    };

    private WatchedFolder Open() => WatchedFolder.Open(_agent, _options, _world.Network.Requester.Agent.Now.Bulk, _clock, _world.Network.Network.Journal.Loggers.CreateLogger<WatchedFolder>());

    private IReadOnlyList<string> Errors() => [.. FolderOptions.ErrorsOf(_agent)];

    private async Task PutAsync(WatchedFolder folder, string name, string text)
    {
        await File.WriteAllTextAsync(In(name), text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        await UntilEmptyAsync(folder);
    }

    private Task UntilEmptyAsync(WatchedFolder folder) => UntilAsync(folder, () => Names("in").Count == 0 && Names("work").Count == 0);

    private static Task UntilAsync(WatchedFolder folder, Func<bool> holds) => Eventually.HoldsAsync(
        async () =>
        {
            await folder.LookAsync(CancellationToken.None);
            return holds();
        },
        "the file has gone its way");

    private static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path);

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    private string In(string name) => Place("in", name);

    private string Place(params string[] parts) => _world.Files.Path(["kodomo", .. parts]);

    private List<string> Names(string place) =>
        [.. Directory.EnumerateFileSystemEntries(Place(place)).Select(path => Path.GetFileName(path)!).Where(name => name is not ".held").Order(StringComparer.Ordinal)];
}
