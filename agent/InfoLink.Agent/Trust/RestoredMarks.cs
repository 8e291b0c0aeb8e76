using System.Globalization;
using System.Text;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Agent.Trust;

/// <summary>
/// After a restore: who was withheld, marked for answers by hand, quarantined or blocked since the backup is not known here any more, and would be answered for. So nothing is
/// answered, across restarts, until somebody says that these marks were looked through.
/// </summary>
internal sealed class RestoredMarks(string path, ActRecords records)
{
    public const string FileName = "marks-unreviewed";

    /// <summary>What the other side is told; it names nobody.</summary>
    public const string Detail = "after a restore";

    private volatile bool _unreviewed = File.Exists(path);

    public bool Unreviewed => _unreviewed;

    /// <summary>Durably, before what is old is put in place.</summary>
    public static void Doubt(string path, DateTimeOffset asOf) =>
        DurableFile.Replace(path, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"Put back as of {asOf.UtcDateTime:yyyy-MM-dd HH:mm} UTC.\n")));

    /// <returns>False: there was nothing to look through.</returns>
    /// <exception cref="LogUnavailableException">It is not on record and did not happen.</exception>
    public async Task<bool> ReviewedAsync(string reason, string who)
    {
        if (!_unreviewed)
        {
            return false;
        }

        await records.RecordAsync(new OperatorAct { Operator = who, What = "review marks", About = "restore", Before = "not answered", After = "answered", Reason = reason });
        File.Delete(path);
        _unreviewed = false;
        return true;
    }
}
