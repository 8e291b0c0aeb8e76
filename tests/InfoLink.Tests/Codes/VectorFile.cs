using System.Text.Json;
using Xunit;

namespace InfoLink.Tests.Codes;

/// <summary>A file of contracts/vectors, read in place.</summary>
internal static class VectorFile
{
    public static JsonElement Read(string name)
    {
        using var file = File.OpenRead(RepositoryRoot.Path("contracts", "vectors", name));
        return JsonDocument.Parse(file).RootElement.Clone();
    }

    public static string Text(this JsonElement vector, string name) => vector.GetProperty(name).GetString()!;

    public static byte[] Hex(this JsonElement vector, string name) => Convert.FromHexString(vector.Text(name));

    public static int Int(this JsonElement vector, string name) => vector.GetProperty(name).GetInt32();

    /// <summary>Row numbers of an array, so that a failing vector is named by its number and no row carries a code.</summary>
    public static TheoryData<int> Rows(string file, string array) => [.. Enumerable.Range(0, Read(file).GetProperty(array).GetArrayLength())];
}
