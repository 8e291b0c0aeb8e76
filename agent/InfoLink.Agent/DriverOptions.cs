using System.Text.RegularExpressions;
using InfoLink.Agent.Sources.Drivers;

namespace InfoLink.Agent;

/// <summary>
/// An ADO.NET driver for the agency's own database, put beside the agent: its files run in the agent's process, so <c>agent.json</c> says which they are, bit by bit. <c>infolink-agent driver FOLDER</c> prints it.
/// </summary>
public sealed partial class DriverOptions
{
    /// <summary>What sources call it: 1 to 40 of a-z, 0-9 and '-'.</summary>
    public string Name { get; set; } = "";

    /// <summary>A folder that holds the driver and what it needs, and nothing else. Only its owner can write there, or root.</summary>
    public string Folder { get; set; } = "";

    /// <summary>Its <see cref="System.Data.Common.DbProviderFactory"/>, as <c>Type, Assembly</c>: <c>MySqlConnector.MySqlConnectorFactory, MySqlConnector</c>.</summary>
    public string Factory { get; set; } = "";

    /// <summary>
    /// SHA-256 of what <c>find * -type f | LC_ALL=C sort | xargs -d '\n' sha256sum</c> prints in the folder, in hexadecimal. Where the files are others, nothing of them is loaded and the agent does not start.
    /// </summary>
    public string Sha256 { get; set; } = "";

    /// <summary>Looks at a folder without running anything of it: what <c>agent.json</c> says of it, one for each provider factory that it holds.</summary>
    /// <param name="folder">The whole path.</param>
    /// <param name="name">What to call it.</param>
    /// <exception cref="InvalidOperationException">It cannot be read, others could change it, or no file in it has a provider factory.</exception>
    public static IReadOnlyList<DriverOptions> Look(string folder, string name)
    {
        var files = DriverFolder.Read(folder);
        List<DriverOptions> found = [.. files.Factories().Select(factory => new DriverOptions { Name = name, Folder = folder, Factory = factory, Sha256 = files.Sha256 })];
        return found.Count > 0
            ? found
            : throw new InvalidOperationException($"No file in '{folder}' has a provider factory (a class that derives from System.Data.Common.DbProviderFactory). Is it the driver for .NET, and not one for .NET Framework or Java?");
    }

    internal static IEnumerable<string> ErrorsOf(AgentOptions options)
    {
        foreach (var driver in options.Drivers)
        {
            if (driver is null)
            {
                yield return "drivers: null is no driver.";
                continue;
            }

            foreach (var error in driver.Errors(options))
            {
                yield return $"drivers, {driver.Name}: {error}";
            }
        }

        foreach (var same in options.Drivers.OfType<DriverOptions>().GroupBy(driver => driver.Name, StringComparer.Ordinal).Where(same => same.Count() > 1))
        {
            yield return $"drivers: the name '{same.Key}' is there twice.";
        }
    }

    private IEnumerable<string> Errors(AgentOptions options)
    {
        if (!NameForm().IsMatch(Name))
        {
            yield return "name: 1 to 40 of a-z, 0-9 and '-'.";
        }

        if (Factory.Split(',') is not [{ Length: > 0 }, { Length: > 1 }])
        {
            yield return "factory: 'Type, Assembly', as infolink-agent driver prints it.";
        }

        if (FolderError(options) is { } error)
        {
            yield return error;
        }
    }

    private string? FolderError(AgentOptions options)
    {
        try
        {
            DriverFolder.Read(options.Full(Folder)).Require(Sha256);
            return null;
        }
        catch (InvalidOperationException fault)
        {
            return fault.Message;
        }
    }

    [GeneratedRegex("^[a-z0-9-]{1,40}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NameForm();
}
