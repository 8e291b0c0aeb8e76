using System.Data.Common;
using InfoLink.Audit.Bundles;

namespace InfoLink.Tool;

/// <summary>How a command ends: its exit code, and for what cannot be read the cause and the way out on standard error.</summary>
internal static class Ending
{
    public const int Well = 0;

    public const int Found = 1;

    public const int Unreadable = 2;

    public static async Task<int> OfAsync(Func<Task<int>> command)
    {
        try
        {
            return await command();
        }
        catch (Exception fault) when (fault is BundleException or InvalidOperationException or IOException or UnauthorizedAccessException or DbException or ArgumentException)
        {
            await Console.Error.WriteLineAsync(fault.Message);
            return Unreadable;
        }
    }
}
