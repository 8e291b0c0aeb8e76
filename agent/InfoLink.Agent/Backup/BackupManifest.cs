using System.Security.Cryptography;
using System.Text.Json;

namespace InfoLink.Agent.Backup;

/// <summary>What a backup holds, and of when: <c>backup.json</c>, written last, so that a folder that has one is whole.</summary>
/// <param name="Format">1.</param>
/// <param name="Agency">Whose it is.</param>
/// <param name="Made">When it was begun.</param>
/// <param name="Files">With their SHA-256 in hexadecimal.</param>
/// <param name="Log">How far the access log went; null where it is in PostgreSQL, which has backups of its own.</param>
public sealed record BackupManifest(int Format, string Agency, DateTimeOffset Made, IReadOnlyList<BackupManifest.HeldFile> Files, BackupManifest.LogPoint? Log)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "backup.json";
    internal const int CurrentFormat = 1;

    /// <summary>A file of the backup.</summary>
    /// <param name="Name">Without a folder.</param>
    /// <param name="Bytes">Its length.</param>
    /// <param name="Sha256">In hexadecimal.</param>
    public sealed record HeldFile(string Name, long Bytes, string Sha256);

    /// <summary>How far a log went.</summary>
    /// <param name="Origin">The log's name.</param>
    /// <param name="Size">Its records.</param>
    public sealed record LogPoint(string Origin, long Size);

    internal static async Task<HeldFile> OfAsync(string folder, string name, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(Path.Combine(folder, name));
        return new HeldFile(name, file.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation)));
    }

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Form);

    /// <summary>Reads a backup's manifest and holds every file against it.</summary>
    /// <exception cref="InvalidOperationException">It is no backup, another agency's, or not as it was made.</exception>
    internal static async Task<BackupManifest> ReadAsync(string folder, string agency, CancellationToken cancellation)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            throw new InvalidOperationException($"'{folder}' has no {FileName}: it is no backup, or one that was not finished. Take another.");
        }

        BackupManifest manifest;
        try
        {
            manifest = JsonSerializer.Deserialize<BackupManifest>(await File.ReadAllBytesAsync(path, cancellation), Form) ?? throw new JsonException("it is null");
        }
        catch (JsonException fault)
        {
            throw new InvalidOperationException($"'{path}' cannot be read: {fault.Message}. Take another backup.", fault);
        }

        if (manifest.Format != CurrentFormat)
        {
            throw new InvalidOperationException($"The backup is of format {manifest.Format}, and this agent knows {CurrentFormat}. Restore it with the agent that made it, or a later one.");
        }

        if (!string.Equals(manifest.Agency, agency, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"The backup is of agency {manifest.Agency}, and the configuration names {agency}.");
        }

        foreach (var held in manifest.Files)
        {
            if (!string.Equals(Path.GetFileName(held.Name), held.Name, StringComparison.Ordinal) || !File.Exists(Path.Combine(folder, held.Name)) || await OfAsync(folder, held.Name, cancellation) != held)
            {
                throw new InvalidOperationException($"'{held.Name}' in the backup is missing or not as it was made (SHA-256). Take another backup.");
            }
        }

        return manifest;
    }

    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web) { WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };
}
