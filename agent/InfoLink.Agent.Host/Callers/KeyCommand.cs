using System.Buffers.Text;
using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace InfoLink.Agent.Host.Callers;

/// <summary><c>infolink-agent key</c>: makes the key of a system that calls the local API.</summary>
internal static class KeyCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("system") { Description = "What the system is called, for people and logs." };
        var ask = new Option<string[]>("--ask") { Description = "Entries that it may ask under: 106.*; as often as needed.", DefaultValueFactory = _ => [] };
        var operate = new Option<bool>("--operate") { Description = "It may also do what commands do." };
        var callback = new Option<string>("--callback") { Description = "Where it is told of answers that come later: http to this host's loopback, or https.", DefaultValueFactory = _ => "" };
        var secret = new Option<FileInfo?>("--callback-secret") { Description = "A new file beside agent.json for the secret that signs; the system gets the same." };
        var command = new Command(
            "key",
            "Make a key for a system that calls the local API. The key goes to the system and is shown once; what stands in agent.json is its hash.\nExample: infolink-agent key welfare-system --ask '106.*'")
        {
            name, ask, operate, callback, secret,
        };
        command.SetAction((parsed, _) => Ending.OfAsync(() =>
        {
            var key = $"ilk_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";
            var options = new LocalKeyOptions
            {
                Name = parsed.GetValue(name)!,
                Sha256 = Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(key))),
                Ask = parsed.GetValue(ask)!,
                Operate = parsed.GetValue(operate),
            };
            if ((parsed.GetValue(callback)!.Length > 0) != (parsed.GetValue(secret) is not null))
            {
                throw new FormatException("--callback and --callback-secret go together.");
            }

            if (parsed.GetValue(secret) is { } file)
            {
                options.Callback = new CallbackOptions { Url = parsed.GetValue(callback)!, Secret = $"file:{file.FullName}" };
            }

            if (options.Errors().FirstOrDefault() is { } error)
            {
                throw new FormatException(error);
            }

            if (parsed.GetValue(secret) is { } written)
            {
                Contracts.Identity.KeyFile.WriteNew(written.FullName, CallbackOptions.NewSecret());
            }

            Console.WriteLine($"For the system, as 'Authorization: Bearer …', kept where it keeps its passwords:\n  {key}");
            Console.WriteLine($"For agent.json, local.keys:\n  {JsonSerializer.Serialize(options, LocalAnswers.Format)}");
            return Task.CompletedTask;
        }));
        return command;
    }
}
