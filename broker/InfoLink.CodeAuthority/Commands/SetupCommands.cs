using System.CommandLine;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Members;

namespace InfoLink.CodeAuthority.Commands;

/// <summary><c>infolink-codes init</c> and <c>trust</c>: from nothing to a code authority that can run.</summary>
internal static class SetupCommands
{
    public static Command Init()
    {
        var folder = new Option<string>("--dir") { Description = "A new folder for configuration and keys.", Required = true };
        var platform = new Option<string>("--platform") { Description = "The platform's name, as in the member list.", Required = true };
        var broker = new Option<string>("--broker") { Description = "https://host:port of the broker.", Required = true };
        var listen = new Option<string>("--listen") { Description = "Address and port to serve the registry on.", DefaultValueFactory = _ => "127.0.0.1:7444" };
        var id = new Option<string>("--id") { Description = "Its id in the member list.", DefaultValueFactory = _ => "code-authority" };
        var command = new Command("init", "Makes configuration and keys. The keys never leave this host; put a copy of code-authority.key into a safe.") { folder, platform, broker, listen, id };
        command.SetAction((parsed, _) => Ending.OfAsync(() =>
        {
            var options = new CodeAuthorityOptions();
            options.Member.Folder = Path.GetFullPath(parsed.GetValue(folder)!);
            (options.Member.Id, options.Member.Broker, options.Member.Listen) = (parsed.GetValue(id)!, parsed.GetValue(broker)!, parsed.GetValue(listen)!);
            var key = CodeAuthorityHost.Create(options, parsed.GetValue(platform)!);
            options.Write(options.Member.Full("code-authority.json"));
            Console.WriteLine($"identityKey: {key}");
            Console.WriteLine($"Fingerprint: {Fingerprint.OfKey(key)}");
            Console.WriteLine("Next: the authority adds this member with the flag code-authority and signs; then 'infolink-codes trust' with its documents.");
            return Task.CompletedTask;
        }));
        return command;
    }

    public static Command Trust()
    {
        var config = ConfigOption();
        var files = new Argument<string[]>("documents") { Description = "The signed authority, member list and catalog, in this order." };
        var command = new Command("trust", "Takes the authority's signed documents for the first time; later ones come from the broker by themselves.") { config, files };
        command.SetAction((parsed, _) => Ending.OfAsync(() =>
        {
            var options = CodeAuthorityOptions.Read(parsed.GetValue(config)!);
            foreach (var line in MemberHost.TakeDocuments(options.Member, parsed.GetValue(files)!.Select(file => SignedDocument.Parse(File.ReadAllBytes(file))), TimeProvider.System))
            {
                Console.WriteLine(line);
            }

            return Task.CompletedTask;
        }));
        return command;
    }

    public static Option<string> ConfigOption() => new("--config") { Description = "The code-authority.json.", Required = true };
}
