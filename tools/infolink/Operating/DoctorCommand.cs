using System.CommandLine;
using InfoLink.Broker.Checkup;

namespace InfoLink.Tool.Operating;

/// <summary><c>infolink doctor</c>: what is wrong with a broker, why, and what to do.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var broker = new Option<string>("--broker") { Description = "The broker's folder, with its broker.json. Run it on the broker's host, as its user.", Required = true };
        var json = Commands.Json();
        var command = Commands.New(
            "doctor",
            "Look at a broker, running or not: keys, certificates, clock, documents, directory, stores, witnesses, every member's address; say what is wrong, why, and what to do. Changes nothing.",
            "doctor --broker /srv/broker");
        command.Add(broker);
        command.Add(json);
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            var sheet = await BrokerDoctor.LookAsync(BrokerOption.Read(parsed.GetValue(broker)!), TimeProvider.System, cancellation);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(sheet.ToJson());
            }
            else
            {
                sheet.Write(Console.Out);
            }

            return sheet.IsSound ? Ending.Well : Ending.Found;
        }));
        return command;
    }
}
