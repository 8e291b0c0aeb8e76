namespace InfoLink.CodeAuthority.Commands;

/// <summary>How a command ends: 0 well, 1 not, with cause and way out on standard error.</summary>
internal static class Ending
{
    public static async Task<int> OfAsync(Func<Task> command)
    {
        try
        {
            await command();
            return 0;
        }
        catch (Exception fault) when (fault is InvalidOperationException or IOException or UnauthorizedAccessException or FormatException or ArgumentException or Contracts.Trust.DocumentException)
        {
            await Console.Error.WriteLineAsync(fault.Message);
            return 1;
        }
    }
}
