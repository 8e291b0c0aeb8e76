using System.CommandLine;
using InfoLink.Codes;
using InfoLink.Samples.Registry;
using InfoLink.Samples.Registry.Drifting;
using InfoLink.Samples.Registry.Generating;
using InfoLink.Samples.Registry.Keeping;
using InfoLink.Samples.Registry.Matching;

var file = new Option<string>("--registry") { Description = "The register's file.", DefaultValueFactory = _ => "registry.db" };
var code = new Option<string>("--code") { Description = "The resident record code: eleven digits.", Required = true };
var day = new Option<DateOnly>("--on") { Description = "From when on, yyyy-MM-dd.", Required = true };
var reason = new Option<string>("--reason") { Description = "For the history.", DefaultValueFactory = _ => "" };
var name = new Option<string?>("--name") { Description = "As 渡邊　花子." };
var kana = new Option<string?>("--kana") { Description = "As ワタナベ　ハナコ." };
var address = new Option<string?>("--address") { Description = "The whole address; 住所不定 for nobody's ground." };
var municipality = new Option<string>("--municipality") { Description = "Its code, six digits; none without an address.", DefaultValueFactory = _ => "" };
var birth = new Option<string?>("--birth-date") { Description = "yyyy-MM-dd; what nobody knows is 00." };
var sex = new Option<string?>("--sex") { Description = "男 or 女." };

var root = new RootCommand("A resident registry of made-up people.")
{
    Generate(),
    Act("show", "What stands there, and what stood there before.", [code], parsed => Using(parsed, register => Show(register, parsed))),
    Act("move", "To another address.", [code, day, reason, address, municipality], parsed => Apply(parsed, new Change.Move(Given(parsed, address), parsed.GetValue(municipality)!, On(parsed), Why(parsed, "転居")))),
    Act("rename", "Another name.", [code, day, reason, name, kana], parsed => Apply(parsed, new Change.Rename(Given(parsed, name), Given(parsed, kana), On(parsed), Why(parsed, "氏名変更")))),
    Act("correct", "What had been wrong all along.", [code, day, reason, name, kana, birth, sex], parsed => Apply(
        parsed, new Change.Correct(parsed.GetValue(name), parsed.GetValue(kana), parsed.GetValue(birth), parsed.GetValue(sex), On(parsed), Why(parsed, "職権修正")))),
    Act("die", "A death.", [code, day, reason], parsed => Apply(parsed, new Change.Die(On(parsed), Why(parsed, "死亡")))),
    Act("emigrate", "Out of the country.", [code, day, reason, address], parsed => Apply(parsed, new Change.Emigrate(Given(parsed, address), On(parsed), Why(parsed, "国外転出")))),
    Act("recode", "Another resident record code.", [code, day, reason], parsed => Using(parsed, register => Console.WriteLine(register.Recode(CodeIn(parsed), On(parsed), Why(parsed, "変更請求")).Reveal()))),
    Act("born", "Somebody new.", [day, name, kana, address, municipality, birth, sex], parsed => Enter(parsed, ChangeKind.Born)),
    Act("enter", "Somebody from abroad.", [day, name, kana, address, municipality, birth, sex], parsed => Enter(parsed, ChangeKind.Entered)),
    Act("reindex", "Makes anew what people are found by; after normal forms have changed.", [], parsed => Using(parsed, register => register.Reindex())),
    Audit(),
    Try(),
    MemberCommands.Init(),
    MemberCommands.Trust(),
    MemberCommands.Run(),
};
return await root.Parse(args).InvokeAsync();

Command Generate()
{
    var seed = new Option<ulong>("--seed") { Description = "The same seed, the same people." };
    var count = new Option<int>("--count") { Description = "How many, 1 to 1,000,000.", DefaultValueFactory = _ => 1000 };
    var to = new Option<string>("--out") { Description = "The register's file, which must not be there yet.", DefaultValueFactory = _ => "registry.db" };
    var csv = new Option<string?>("--csv") { Description = "Write the people as CSV too, with their codes." };
    return Act("generate", "Makes a register of people who do not exist.", [seed, count, to, csv], parsed =>
    {
        if (parsed.GetValue(count) is < 1 or > 1_000_000)
        {
            throw new ChangeRefusedException("--count is 1 to 1,000,000.");
        }

        var people = new Generator(parsed.GetValue(seed)).Residents(parsed.GetValue(count));
        using var lines = parsed.GetValue(csv) is { } path ? ResidentCsv.Create(path) : null;
        using var register = Register.Make(parsed.GetValue(to)!, lines is null ? people : lines.Copying(people), written =>
        {
            if (written % 100_000 == 0)
            {
                Console.Error.WriteLine($"{written:N0}");
            }
        });
        Console.WriteLine($"{parsed.GetValue(to)}: {register.Count():N0} people as of {Generator.AsOf:yyyy-MM-dd}");
    });
}

Command Audit()
{
    var path = new Option<string>("--audit") { Description = "The audit's file.", DefaultValueFactory = _ => "registry-audit.db" };
    var last = new Option<int>("--last") { Description = "So many calls.", DefaultValueFactory = _ => 50 };
    return Act("audit", "Which agency had how many persons compared.", [path, last], parsed =>
    {
        if (!File.Exists(parsed.GetValue(path)))
        {
            throw new ChangeRefusedException($"There is no audit '{parsed.GetValue(path)}'.");
        }

        using var audit = MatchAudit.Open(parsed.GetValue(path)!);
        foreach (var row in audit.Newest(parsed.GetValue(last)))
        {
            Console.WriteLine($"{row.At:u} {row.Agency} {row.Purpose}: {row.Counts.Matched} matched, {row.Counts.Ambiguous} ambiguous, {row.Counts.NotFound} not found");
        }
    });
}

Command Try()
{
    var seed = new Option<ulong>("--seed") { Description = "Of what happens to the records." };
    var count = new Option<int>("--count") { Description = "So many people.", DefaultValueFactory = _ => 10_000 };
    var stale = new Option<bool>("--stale") { Description = "Out-of-date and incomplete records too, beside other ways of writing." };
    return Act("try", "Looks for the register's own people as old systems would have them, and counts.", [seed, count, stale], parsed => Using(parsed, register =>
    {
        var result = Trial.Run(register, new OldRecords(parsed.GetValue(seed), parsed.GetValue(stale) ? Drift.All : Drift.Writing), parsed.GetValue(count), TimeProvider.System);
        Console.WriteLine($"{result.Persons:N0} persons, {result.PersonsPerSecond:N0}/s: {result.Right:N0} found, {result.Wrong:N0} taken for another, {result.Ambiguous:N0} ambiguous, {result.NotFound:N0} not found");
        foreach (var (reason, times) in result.Reasons)
        {
            Console.WriteLine($"  {times,7:N0} {reason}");
        }
    }));
}

Command Act(string verb, string description, IEnumerable<Option> options, Action<ParseResult> act)
{
    var command = new Command(verb, description);
    foreach (var option in options.Append(file))
    {
        command.Options.Add(option);
    }

    command.SetAction(parsed =>
    {
        try
        {
            act(parsed);
            return 0;
        }
        catch (Exception fault) when (fault is ChangeRefusedException or InvalidOperationException or FormatException)
        {
            Console.Error.WriteLine(fault.Message);
            return 1;
        }
    });
    return command;
}

void Using(ParseResult parsed, Action<Register> act)
{
    using var register = Register.Open(parsed.GetValue(file)!);
    act(register);
}

void Apply(ParseResult parsed, Change change) => Using(parsed, register => register.Apply(CodeIn(parsed), change));

void Enter(ParseResult parsed, ChangeKind by) => Using(parsed, register => Console.WriteLine(register.Enter(
    new Attributes(Given(parsed, name), Given(parsed, kana), Given(parsed, address), Given(parsed, birth), Given(parsed, sex), parsed.GetValue(municipality)!), by, On(parsed)).Reveal()));

void Show(Register register, ParseResult parsed)
{
    var person = register.Find(CodeIn(parsed)) ?? throw new ChangeRefusedException("Nobody has this resident record code.");
    foreach (var former in person.History)
    {
        Console.WriteLine($"{former.From:yyyy-MM-dd} – {former.Until:yyyy-MM-dd} {Line(former.Attributes)} ({former.EndedBy}: {former.Reason})");
    }

    Console.WriteLine($"{person.Since:yyyy-MM-dd} –            {Line(person.Current)} ({person.Standing}{(person.StandingSince is { } since ? $" since {since:yyyy-MM-dd}" : "")})");
}

static string Line(Attributes attributes) =>
    $"{attributes.Name} {attributes.Kana} {attributes.Sex} {attributes.BirthDate} {attributes.Municipality} {attributes.Address}";

ResidentRecordCode CodeIn(ParseResult parsed) => ResidentRecordCode.Parse(parsed.GetValue(code));

DateOnly On(ParseResult parsed) => parsed.GetValue(day);

string Why(ParseResult parsed, string usual) => parsed.GetValue(reason) is { Length: > 0 } given ? given : usual;

static string Given(ParseResult parsed, Option<string?> option) =>
    parsed.GetValue(option) is { Length: > 0 } given ? given : throw new ChangeRefusedException($"{option.Name} is missing.");
