using System.Globalization;
using System.Text.Json;
using InfoLink.Contracts.Identity;
using Microsoft.Extensions.Logging;

namespace InfoLink.Transparency;

/// <summary>
/// What a party signed and must not have: kept as it came, one file for each case, for the operator and the oversight body. It holds no token,
/// no code and no value.
/// </summary>
public sealed partial class EvidenceFolder(string folder, TimeProvider time, ILogger<EvidenceFolder> logger)
{
    /// <summary>Most cases kept; a flood fills no disk, and the first ones are those that tell.</summary>
    private const int MaxFiles = 10_000;

    private readonly Lock _gate = new();
    private int _held = -1;
    private int _next;

    /// <summary>Keeps a case, durably.</summary>
    /// <param name="kind">What it is evidence of, as part of the file's name.</param>
    /// <param name="parts">Bytes as they came, by name; written in base64.</param>
    public void Keep(string kind, IReadOnlyDictionary<string, byte[]> parts)
    {
        lock (_gate)
        {
            KeyFile.CreateFolder(folder);
            _held = _held < 0 ? Directory.EnumerateFiles(folder).Count() : _held;
            if (_held >= MaxFiles)
            {
                Log.Full(logger, folder);
                return;
            }

            var stamp = time.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'.'fff'Z'", CultureInfo.InvariantCulture);
            using var file = new FileStream(
                Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{stamp}-{_next++:d4}-{kind}.json")), FileMode.CreateNew, FileAccess.Write);
            JsonSerializer.Serialize(file, parts);
            file.Flush(flushToDisk: true);
            _held++;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The evidence folder '{Folder}' is full; a further case is only in the access log. Move its files to where they are looked at")]
        public static partial void Full(ILogger logger, string folder);
    }
}
