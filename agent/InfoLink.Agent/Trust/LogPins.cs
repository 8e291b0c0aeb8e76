using System.Security.Cryptography;
using System.Text;
using InfoLink.Contracts.Notes;

namespace InfoLink.Agent.Trust;

/// <summary>
/// For each of the broker's logs the largest checkpoint that this agent has proved to grow out of the ones before: its memory, without which a
/// log could show one history today and another tomorrow. One file for each log.
/// </summary>
/// <remarks>
/// A pin reaches the disk within a second and at the end, without waiting for the disk: losing the last ones makes the memory a little shorter,
/// never wrong. A file that stops a log (<c>.fork</c>) is waited for.
/// </remarks>
internal sealed class LogPins : IDisposable
{
    private static readonly TimeSpan WriteEvery = TimeSpan.FromSeconds(1);
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Pin> _pins = new(StringComparer.Ordinal);

    private LogPins(string folder, TimeProvider time) => (_folder, _time) = (folder, time);

    /// <summary>Reads what an earlier run proved. A pin of a log that the member list no longer names, or under another key, is left alone.</summary>
    /// <exception cref="InvalidOperationException">A pin's file is damaged: the message names it and the way out.</exception>
    public static LogPins Open(string folder, IReadOnlyCollection<NoteKey> logs, TimeProvider time)
    {
        Directory.CreateDirectory(folder);
        var pins = new LogPins(folder, time);
        foreach (var log in logs)
        {
            var (path, fork) = (pins.PathOf(log.Name, ".checkpoint"), pins.PathOf(log.Name, ".fork"));
            var pin = new Pin { Stopped = File.Exists(fork) };
            if (File.Exists(path))
            {
                pin.Checkpoint = SignedCheckpoint.Open(File.ReadAllBytes(path), log) ?? throw new InvalidOperationException(
                    $"The pin '{path}' is not a checkpoint of the log '{log.Name}'. Where the log's key has changed or the file is damaged, move it away.");
            }

            pins._pins[log.Name] = pin;
        }

        return pins;
    }

    /// <summary>The largest checkpoint that was proved; null before the first.</summary>
    public SignedCheckpoint? Of(string origin)
    {
        lock (_gate)
        {
            return PinOf(origin).Checkpoint;
        }
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<SignedCheckpoint> All()
    {
        lock (_gate)
        {
            return [.. _pins.Values.Select(pin => pin.Checkpoint).OfType<SignedCheckpoint>()];
        }
    }

    /// <summary>A log that has shown two histories; until an operator has moved its <c>.fork</c> file away and started the agent anew.</summary>
    public bool IsStopped(string origin)
    {
        lock (_gate)
        {
            return PinOf(origin).Stopped;
        }
    }

    /// <summary>A checkpoint that was proved: the new pin, where it is larger than the old one.</summary>
    public void Advance(SignedCheckpoint proved)
    {
        lock (_gate)
        {
            var origin = proved.Checkpoint.Origin;
            var pin = PinOf(origin);
            if (pin.Checkpoint is { } known && known.Checkpoint.Size >= proved.Checkpoint.Size)
            {
                return;
            }

            pin.Checkpoint = proved;
            pin.Unwritten = true;
            if (_time.GetElapsedTime(pin.WrittenAt) >= WriteEvery)
            {
                Write(origin, pin);
            }
        }
    }

    /// <summary>Stops a log for good, durably.</summary>
    /// <param name="origin">The log.</param>
    /// <param name="evidence">Both checkpoints, as text.</param>
    public void Stop(string origin, string evidence)
    {
        lock (_gate)
        {
            PinOf(origin).Stopped = true;
            using var file = new FileStream(PathOf(origin, ".fork"), FileMode.Create, FileAccess.Write);
            file.Write(Encoding.UTF8.GetBytes(evidence));
            file.Flush(flushToDisk: true);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var (origin, pin) in _pins.Where(pin => pin.Value.Unwritten))
            {
                Write(origin, pin);
            }
        }
    }

    private Pin PinOf(string origin) => _pins.TryGetValue(origin, out var pin) ? pin : _pins[origin] = new Pin();

    private void Write(string origin, Pin pin)
    {
        var path = PathOf(origin, ".checkpoint");
        File.WriteAllBytes(path + ".new", pin.Checkpoint!.ToBytes());
        File.Move(path + ".new", path, overwrite: true);
        (pin.Unwritten, pin.WrittenAt) = (false, _time.GetTimestamp());
    }

    /// <summary>An origin may hold slashes: the file's name is short, and its first line says whose it is.</summary>
    private string PathOf(string origin, string extension) =>
        Path.Combine(_folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(origin)).AsSpan(0, 8)) + extension);

    private sealed class Pin
    {
        public SignedCheckpoint? Checkpoint { get; set; }

        public bool Stopped { get; set; }

        public bool Unwritten { get; set; }

        public long WrittenAt { get; set; }
    }
}
