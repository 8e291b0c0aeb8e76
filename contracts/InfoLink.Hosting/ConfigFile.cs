using System.Text.Json;
using System.Text.Json.Serialization;

namespace InfoLink.Hosting;

/// <summary>A party's configuration as a JSON file: what is not known is an error, comments and trailing commas are not.</summary>
public static class ConfigFile
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false, // Of two lines for one thing nobody knows which was meant.
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <param name="path">The file.</param>
    /// <param name="whose">For the error: "The agent's".</param>
    /// <param name="placed">Takes the file's folder, which relative paths start from.</param>
    /// <exception cref="InvalidOperationException">The file is missing or not JSON of these fields.</exception>
    public static T Read<T>(string path, string whose, Action<T, string> placed)
        where T : class
    {
        try
        {
            using var file = File.OpenRead(path);
            var options = JsonSerializer.Deserialize<T>(file, Format) ?? throw new InvalidOperationException($"'{path}' is empty.");
            placed(options, Path.GetDirectoryName(Path.GetFullPath(path))!);
            return options;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"{whose} configuration '{path}' cannot be read: {exception.Message}", exception);
        }
    }

    public static void Write<T>(string path, T options)
        where T : class => File.WriteAllText(path, JsonSerializer.Serialize(options, Format));
}
