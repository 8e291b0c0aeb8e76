using System.CommandLine;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Trust;

namespace InfoLink.Agent.Host;

/// <summary><c>infolink-agent next-key</c>: begins a change of the agency's identity key.</summary>
internal static class NextKeyCommand
{
    private const string DefaultFile = "identity-next.pem";

    public static Command Create()
    {
        var config = new Option<string>("--config") { Description = "The agent's agent.json.", Required = true };
        var command = new Command("next-key", "Make the agency's next identity key, for the next member list; the agent goes over to it by itself a minute after that list.\nExample: infolink-agent next-key --config agent.json") { config };
        command.SetAction((parsed, _) => Ending.OfAsync(() =>
        {
            var path = parsed.GetValue(config)!;
            var options = AgentOptions.Read(path);
            var platform = TrustFolder.Open(Path.Combine(options.Folder, options.Trust), TimeProvider.System).Held?.Platform
                ?? throw new InvalidOperationException("This agent has not joined a platform yet: infolink-agent join.");
            var source = options.NextIdentityKey.Length > 0 ? options.NextIdentityKey : DefaultFile;
            using var key = OwnIdentity.Create(SpiffeName.ForAgency(platform, AgencyId.Parse(options.Agency)), options.Folder, source);
            if (options.NextIdentityKey.Length == 0)
            {
                options.NextIdentityKey = source;
                options.Write(path);
            }

            Console.WriteLine($"""
                {key.PublicKey}
                Fingerprint: {Fingerprint.OfKey(key.PublicKey)}
                1. Restart the agent, so that it knows of the key's file.  2. Tell the broker's operator key and fingerprint: infolink member change {options.Agency} --identity-key NEW
                --retiring-identity-key OLD, to be signed and published.  3. When the list no longer names the old key, put this file in the place of '{options.IdentityKey}'.
                """);
            return Task.CompletedTask;
        }));
        return command;
    }
}
