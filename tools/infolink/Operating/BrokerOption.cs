using System.CommandLine;
using System.Text.Json;
using InfoLink.Broker;

namespace InfoLink.Tool.Operating;

/// <summary>Which broker an operator's command is for, and who gives it.</summary>
internal sealed class BrokerOption
{
    private readonly Option<string> _broker = new("--broker") { Description = "The broker's folder, with its broker.json.", Required = true };
    private readonly Option<string> _operator = new("--operator")
    {
        Description = "Who acts, for the record; beside it stands the account that the system knows.",
        DefaultValueFactory = _ => Environment.UserName,
    };

    public void AddTo(Command command)
    {
        command.Add(_broker);
        command.Add(_operator);
    }

    public BrokerOptions Options(ParseResult parsed) => Read(parsed.GetValue(_broker)!);

    /// <summary>The configuration in a broker's folder.</summary>
    public static BrokerOptions Read(string folder) => BrokerOptions.Read(Path.Combine(folder, "broker.json"));

    public string Who(ParseResult parsed) => parsed.GetValue(_operator)!;

    public OperatorCalls Open(ParseResult parsed) => new(Options(parsed));

    /// <summary>An act of the running broker's; says what became of it.</summary>
    public async Task<int> ActAsync(ParseResult parsed, string what, string about, string? reason, string? endpoint, CancellationToken cancellation)
    {
        using var broker = Open(parsed);
        var done = await broker.ActAsync(new { what, about, @operator = Who(parsed), reason, endpoint }, cancellation);
        Console.WriteLine(done.GetProperty("result").GetString());
        return Ending.Well;
    }

    public async Task<JsonElement> GetAsync(ParseResult parsed, string path, CancellationToken cancellation)
    {
        using var broker = Open(parsed);
        return await broker.GetAsync(path, cancellation);
    }
}
