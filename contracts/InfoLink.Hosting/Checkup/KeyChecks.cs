using InfoLink.Contracts.Identity;

namespace InfoLink.Hosting.Checkup;

/// <summary>A party's own key files, and the certificates that it issues under them.</summary>
public static class KeyChecks
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>There, and readable by their owner alone.</summary>
    /// <param name="files">Full paths.</param>
    public static IEnumerable<Check> OfFiles(IReadOnlyCollection<string> files)
    {
        var bad = files.Select(file => (File: file, Fault: FaultOf(file))).Where(file => file.Fault is not null).ToList();
        return bad.Count == 0
            ? [new Check("key files", CheckState.Ok, $"{files.Count} files, readable by their owner alone")]
            : bad.Select(file => new Check("key files", CheckState.Wrong, file.Fault!.Value.What, file.Fault.Value.WayOut));
    }

    /// <summary>Issues leaves as a trial: the key signs, and what it signs would be accepted.</summary>
    public static Check OfIssuing(IdentityKey issuer, TimeSpan lifetime, TimeProvider time)
    {
        try
        {
            using var trial = new LeafCertificates(issuer, time, lifetime);
            return new Check("certificates", CheckState.Ok, $"a certificate issued as a trial is good until {trial.State.NotAfter:yyyy-MM-dd HH:mm} UTC and would be renewed from {trial.State.RenewAt:yyyy-MM-dd HH:mm} on");
        }
        catch (Exception fault) when (fault is InvalidOperationException or ArgumentOutOfRangeException)
        {
            return new Check("certificates", CheckState.Wrong, fault.Message, "Bring the identity key back: its file, or the token's reader, PIN file and session.");
        }
    }

    /// <summary>The leaf that the running process shows.</summary>
    public static Check OfRunning(ShownLeaf leaf, TimeSpan lifetime, TimeProvider time)
    {
        var left = leaf.NotAfter - time.GetUtcNow();
        return left < lifetime / 4
            ? new Check("own certificate", CheckState.Wrong, $"The running process's certificate ends at {leaf.NotAfter:yyyy-MM-dd HH:mm:ss} UTC and should have been renewed at half its life: renewal fails.", "The process's log says why (identity key, HSM). Mend that; if that alone does not help, restart the process.")
            : new Check("own certificate", CheckState.Ok, $"the running process's certificate is good until {leaf.NotAfter:yyyy-MM-dd HH:mm:ss} UTC");
    }

    private static (string What, string WayOut)? FaultOf(string file)
    {
        if (!File.Exists(file))
        {
            return ($"'{file}' is missing.", "Put it back from the backup. Without it this party is not who the member list says.");
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & Others) != UnixFileMode.None)
        {
            return ($"'{file}' is open to others.", $"chmod 600 '{file}'; and if somebody may have read it, change the key.");
        }

        try
        {
            using var readable = File.OpenRead(file);
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return ($"'{file}' cannot be read: {fault.Message}", "Run this as the user that the program runs as, who must own the file.");
        }
    }
}
