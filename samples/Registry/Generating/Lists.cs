using System.Reflection;

namespace InfoLink.Samples.Registry.Generating;

/// <summary>The sample's own lists (<c>data/</c>), which travel inside the program.</summary>
internal static class Lists
{
    public static IReadOnlyList<string> Lines(string file)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(file) ?? throw new InvalidOperationException($"The list {file} is not in the program.");
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n').Select(line => line.TrimEnd('\r')).Where(line => line.Length > 0)];
    }
}
