using System.Data.Common;
using System.Security.Cryptography;
using InfoLink.Audit.Bundles;
using InfoLink.Contracts.Trust;

namespace InfoLink.Tool;

/// <summary>How a command ends: its exit code, and for what cannot be read or is refused the cause and the way out on standard error.</summary>
internal static class Ending
{
    public const int Well = 0;

    public const int Found = 1;

    public const int Unreadable = 2;

    public static Task<int> Of(Func<int> command) => OfAsync(() => Task.FromResult(command()));

    public static async Task<int> OfAsync(Func<Task<int>> command)
    {
        try
        {
            return await command();
        }
        catch (RefusedException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return Found;
        }
        catch (DocumentException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return refused.Fault == DocumentFault.Malformed ? Unreadable : Found;
        }
        catch (Exception fault) when (fault is BundleException or InvalidOperationException or IOException or UnauthorizedAccessException or DbException or ArgumentException
            or FormatException or CryptographicException)
        {
            await Console.Error.WriteLineAsync(fault.Message);
            return Unreadable;
        }
    }
}

/// <summary>What was read and is not taken. The message names cause and way out.</summary>
internal sealed class RefusedException(string message) : Exception(message);
