using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Trust;

namespace InfoLink.Broker.Membership;

/// <summary>
/// The broker's directory: read at the start, changed by its operator, signed anew long before its grace is over, and picked up within a second where another
/// broker of the platform has changed it.
/// </summary>
internal sealed partial class DirectoryDesk : IAsyncDisposable
{
    /// <summary>How often another broker's changes are looked for.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>Older than this it is signed again, unchanged, so that agents know that nothing was kept from them; sooner where leaves live shorter.</summary>
    private static readonly TimeSpan SignAtLeastEvery = TimeSpan.FromMinutes(10);

    private const int MaxTries = 10;
    private readonly IDirectoryStore _store;
    private readonly Func<MemberList> _members;
    private readonly LeafCertificates _certificates;
    private readonly TimeSpan _signEvery;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ended = new();
    private volatile Published _current;
    private Task _running = Task.CompletedTask;

    private DirectoryDesk(
        IDirectoryStore store, Func<MemberList> members, LeafCertificates certificates, TimeSpan signEvery, TimeProvider time, ILogger logger, Published first)
    {
        _signEvery = signEvery;
        (_store, _members, _certificates, _time, _logger) = (store, members, certificates, time, logger);
        _current = first;
    }

    /// <summary>The newest, signed.</summary>
    public Published Current => _current;

    /// <summary>Called after it has changed.</summary>
    public Action<BrokerDirectory> Changed { get; set; } = _ => { };

    /// <param name="store">Where it lies.</param>
    /// <param name="members">The signed list.</param>
    /// <param name="certificates">The broker's own.</param>
    /// <param name="leafLifetime">How long they live: what signs a directory must still be good when an agent is told it.</param>
    /// <param name="time">Now.</param>
    /// <param name="logger">For what fails.</param>
    public static async Task<DirectoryDesk> OpenAsync(
        IDirectoryStore store, Func<MemberList> members, LeafCertificates certificates, TimeSpan leafLifetime, TimeProvider time, ILogger<DirectoryDesk> logger)
    {
        var empty = BrokerDirectory.Empty with { Platform = members().Platform };
        var signEvery = leafLifetime / 4 < SignAtLeastEvery ? leafLifetime / 4 : SignAtLeastEvery;
        var desk = new DirectoryDesk(store, members, certificates, signEvery, time, logger, new Published(empty, SignedDocument.Draft([])));
        try
        {
            await desk.RefreshAsync(CancellationToken.None);
        }
        catch (DocumentException refused)
        {
            throw new InvalidOperationException(
                $"The stored directory is not this broker's: {refused.Message} If the broker's identity key has changed since, move the directory away (data/directory.json, or the row of the table 'directory'), start, and suspend again who was suspended.", refused);
        }

        return desk;
    }

    public void Start() => _running = RunAsync();

    /// <summary>Changes it, here and for every broker of the platform.</summary>
    /// <returns>What it was, and what it is.</returns>
    /// <exception cref="IOException">The store did not take it.</exception>
    public async Task<(BrokerDirectory Before, BrokerDirectory After)> ChangeAsync(Func<BrokerDirectory, BrokerDirectory> change, CancellationToken cancellation)
    {
        for (var i = 0; i < MaxTries; i++)
        {
            var stored = await _store.ReadAsync(cancellation);
            var before = stored is null ? BrokerDirectory.Empty with { Platform = _members().Platform } : Read(stored).Directory;
            var next = Sign(change(before), before.Serial);
            if (await _store.ReplaceAsync(stored?.Serial ?? 0, new StoredDirectory(next.Directory.Serial, next.Document.ToBytes()), cancellation))
            {
                Take(next);
                return (before, next.Directory);
            }
        }

        throw new IOException("The directory was changed by others each time it was to be changed. Try again.");
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _running;
        _ended.Dispose();
        await ((_store as IAsyncDisposable)?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(LookEvery, _time);
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(_ended.Token);
                await RefreshAsync(_ended.Token);
            }
            catch (OperationCanceledException) when (_ended.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault) // A store that is away for a while; what is known stays in force.
            {
                Log.NotRefreshed(_logger, fault);
            }
        }
    }

    private async Task RefreshAsync(CancellationToken cancellation)
    {
        var stored = await _store.ReadAsync(cancellation);
        if (stored is null || _time.GetUtcNow() - Read(stored).Directory.Issued > _signEvery)
        {
            await ChangeAsync(directory => directory, cancellation);
        }
        else if (stored.Serial != _current.Directory.Serial)
        {
            Take(Read(stored));
        }
    }

    private Published Read(StoredDirectory stored)
    {
        if (stored.Serial == _current.Directory.Serial)
        {
            return _current;
        }

        var document = SignedDocument.Parse(stored.Document);
        return new Published(DirectorySignature.Verify(document, _members(), _time.GetUtcNow()), document);
    }

    /// <summary>A serial is never less than the time: one that was restored from a backup, or lost, is followed by a greater one than anybody has seen.</summary>
    private Published Sign(BrokerDirectory directory, long before)
    {
        var now = _time.GetUtcNow();
        var next = directory.At(now) with { Serial = Math.Max(before + 1, now.ToUnixTimeMilliseconds()), Issued = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds()) };
        return new Published(next, DirectorySignature.Sign(next, _certificates.Current));
    }

    private void Take(Published next)
    {
        _current = next;
        Changed(next.Directory);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The directory could not be read or signed anew; the last one stays in force, and agents stop after a day without a newer one")]
        public static partial void NotRefreshed(ILogger logger, Exception exception);
    }
}

/// <summary>A directory with its signature.</summary>
internal sealed record Published(BrokerDirectory Directory, SignedDocument Document);
