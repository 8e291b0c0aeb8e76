using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace InfoLink.Running;

/// <summary>
/// What a process says to whoever keeps its console. As in any .NET host the environment decides: <c>Logging__LogLevel__Default=Trace</c> the levels, <c>Logging__Console__FormatterName</c> the form:
/// <c>simple</c> (a line for people), <c>json</c> (a line of JSON) or <c>systemd</c> (a line with the journal's priority).
/// </summary>
public static class ConsoleLog
{
    private const string Form = "Console:FormatterName";

    /// <param name="logging">Where to.</param>
    /// <param name="section">The configuration's <c>Logging</c>, which comes last, and wins.</param>
    /// <exception cref="InvalidOperationException">There is no such form.</exception>
    public static ILoggingBuilder AddConsoleLog(this ILoggingBuilder logging, IConfiguration section)
    {
        if (section[Form] is { } form && form is not (ConsoleFormatterNames.Simple or ConsoleFormatterNames.Json or ConsoleFormatterNames.Systemd))
        {
            throw new InvalidOperationException($"Logging:{Form}: '{ConsoleFormatterNames.Simple}', '{ConsoleFormatterNames.Json}' or '{ConsoleFormatterNames.Systemd}'.");
        }

        logging.Services.Configure<SimpleConsoleFormatterOptions>(line => line.SingleLine = true);
        logging.Services.Configure<JsonConsoleFormatterOptions>(line =>
        {
            (line.UseUtcTimestamp, line.TimestampFormat) = (true, "yyyy-MM-ddTHH:mm:ss.fffZ");
            line.JsonWriterOptions = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }; // For programs and terminals, never inside HTML: Japanese stays readable.
        });
        logging.AddConsole();
        logging.Services.PostConfigure<ConsoleLoggerOptions>(console => console.FormatterName = section[Form] ?? ConsoleFormatterNames.Simple); // A host's builder has chosen one before.
        return logging.AddFilter("Microsoft", LogLevel.Warning).AddConfiguration(section);
    }
}
