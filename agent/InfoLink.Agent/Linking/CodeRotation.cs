using System.Globalization;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Agent.Linking;

/// <summary>
/// Changes the agency's codes as the member list says (SPEC §7), while exchanges go on:
/// <list type="number">
/// <item>Announced: each person gets a code of the next epoch beside the one in use, ten thousand a call.</item>
/// <item>Switched: codes of the epoch that is current now come into use; the others stay beside them.</item>
/// <item>Dropped: codes of epochs that nobody accepts any more are destroyed.</item>
/// </list>
/// How far it is stands in the link table and nowhere else, so it goes on where it stopped. It runs by itself at the start and whenever the list changes. Each step
/// that has anything to do is an act in the agency's own log before it begins, with the number of persons that it is about; what cannot be recorded does not begin.
/// </summary>
internal sealed partial class CodeRotation(TrustBase trust, LinkTable links, CodeRenewal renewal, ActRecords acts, TimeProvider time, ILogger<CodeRotation> logger) : IAsyncDisposable
{
    private const int Page = CodeRenewal.MostCodes;
    private readonly SemaphoreSlim _one = new(1);
    private readonly SemaphoreSlim _due = new(1); // The start is due.
    private readonly CancellationTokenSource _ended = new();
    private Task _running = Task.CompletedTask;
    private (string What, byte Epoch, long Persons) _recorded;

    /// <summary>Until it is tried again by itself what could not be done.</summary>
    internal TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(30);

    public void Start() => _running = Task.Run(FollowAsync);

    /// <summary>The member list has changed.</summary>
    public void Follow()
    {
        if (_due.CurrentCount == 0)
        {
            _due.Release();
        }
    }

    /// <param name="again">Those who were refused a code are asked for once more.</param>
    /// <param name="progress">After each page of the conversion.</param>
    /// <param name="cancellation">Stops between two pages; nothing is lost.</param>
    /// <returns>How the table stands at the end.</returns>
    /// <exception cref="RefusedException">It cannot go on now; what is done stays done.</exception>
    /// <exception cref="LogUnavailableException">The next step is not on record, and was not begun.</exception>
    public async Task<Rotation> RunAsync(bool again, IProgress<Rotation>? progress, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _ended.Token);
        return await RunAloneAsync(again, progress, stop.Token);
    }

    private async Task<Rotation> RunAloneAsync(bool again, IProgress<Rotation>? progress, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            var (switched, destroyed) = (0L, 0L);
            while (true)
            {
                var epochs = Epochs();
                if (again)
                {
                    await links.ForgetRefusalsAsync(epochs.Target, cancellation);
                    again = false;
                }

                var due = await links.DueAsync(epochs, cancellation);
                await RecordAsync("convert link codes", epochs.Target, due.Convert);
                await ConvertAsync(epochs.Target, progress, cancellation);
                await RecordAsync("switch link codes", epochs.Current, (await links.DueAsync(epochs, cancellation)).Switch);
                switched += await PagesAsync(() => links.SwitchAsync(epochs.Current, Page, cancellation));
                await RecordAsync("destroy link codes of ended epochs", epochs.Current, (await links.DueAsync(epochs, cancellation)).Destroy);
                destroyed += await PagesAsync(() => links.DestroyAsync(epochs, Page, cancellation));
                if (epochs == Epochs())
                {
                    if (destroyed > 0)
                    {
                        await links.SweepAsync();
                    }

                    return await StandAsync(epochs.Target, switched, destroyed, cancellation);
                }
            }
        }
        finally
        {
            _one.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _running;
        await _one.WaitAsync(); // One that somebody asked for has ended too.
        _one.Dispose();
        _due.Dispose();
        _ended.Dispose();
    }

    /// <summary>On record before it begins. A step that is tried again with nothing done in between is on record already.</summary>
    private async Task RecordAsync(string what, byte epoch, long persons)
    {
        if (persons > 0 && _recorded != (what, epoch, persons))
        {
            await acts.RecordAsync(new OperatorAct
            {
                Operator = LinkAct.ByProgram.Operator,
                What = what,
                About = string.Create(CultureInfo.InvariantCulture, $"code epoch {epoch}"),
                Before = string.Create(CultureInfo.InvariantCulture, $"{persons} persons"),
                Reason = "the member list",
            });
            _recorded = (what, epoch, persons);
        }
    }

    private async Task ConvertAsync(byte target, IProgress<Rotation>? progress, CancellationToken cancellation)
    {
        var act = LinkAct.ByProgram with { Reason = $"epoch {target}" };
        for (var after = 0L; ;)
        {
            var page = await links.WithoutCodeAsync(target, after, Page, cancellation);
            if (page.Count == 0)
            {
                return;
            }

            var (epoch, codes) = await renewal.RenewAsync([.. page.Select(person => person.Code)], from: null, cancellation);
            if (epoch != target)
            {
                return; // The broker has another list than this agent; the next one that comes begins anew.
            }

            await links.KeepCodesAsync([.. page.Select((person, i) => (person.Person, person.Code, codes[i]))], epoch, act, cancellation);
            after = page[^1].Person;
            if (progress is not null)
            {
                progress.Report(await StandAsync(target, 0, 0, cancellation));
            }
        }
    }

    private async Task<Rotation> StandAsync(byte target, long switched, long destroyed, CancellationToken cancellation)
    {
        var counts = await links.CountCodesAsync(target, cancellation);
        return new Rotation(target, counts.Had, counts.Converted, counts.Refused, counts.Left, switched, destroyed);
    }

    private static async Task<long> PagesAsync(Func<Task<int>> page)
    {
        for (var sum = 0L; ;)
        {
            var done = await page();
            sum += done;
            if (done < Page)
            {
                return sum;
            }
        }
    }

    /// <exception cref="RefusedException">The agency is no member any more.</exception>
    private CodeEpochs Epochs() => trust.Members.TryFind(trust.Self, out var member) ? member.CodeEpochs : throw new RefusedException(RefusalName.MemberUnknown);

    private async Task FollowAsync()
    {
        var told = default(Rotation);
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                await _due.WaitAsync(_ended.Token);
                var before = await StandAsync(Epochs().Target, 0, 0, _ended.Token);
                var after = await RunAsync(again: false, progress: null, _ended.Token);
                if (after.Switched + after.Destroyed > 0 || (after != before && after != told))
                {
                    Log.Rotated(logger, after.Epoch, after.Had, after.Converted, after.Refused, after.Left, after.Switched, after.Destroyed);
                    told = after;
                }

                if (after.Left > 0)
                {
                    // The broker that answered has another list than this agent, and its turn to take this one: nobody tells when.
                    Log.Stopped(logger, "the broker does not have this member list yet", Pause.TotalSeconds);
                    await Task.Delay(Pause, time, _ended.Token);
                    Follow();
                }
            }
            catch (Exception) when (_ended.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                Log.Stopped(logger, fault is RefusedException refused ? refused.Refusal.ToString() : fault.GetType().Name, Pause.TotalSeconds);
                await Task.Delay(Pause, time, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Follow();
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Link codes of epoch {Epoch}: {Had} persons, {Converted} have one, {Refused} were refused one, {Left} are left; {Switched} came into use, {Destroyed} of ended epochs were destroyed")]
        public static partial void Rotated(ILogger logger, byte epoch, long had, long converted, long refused, long left, long switched, long destroyed);

        [LoggerMessage(2, LogLevel.Warning, "The change of link codes stopped ({Why}) and goes on in {Seconds} s; what is done stays done")]
        public static partial void Stopped(ILogger logger, string why, double seconds);
    }
}

/// <summary>How far the change of an agency's codes is: every person is converted, refused or left.</summary>
/// <param name="Epoch">What codes are converted to.</param>
/// <param name="Had">Persons in the link table.</param>
/// <param name="Converted">Have a code of the epoch.</param>
/// <param name="Refused">The broker gave none: a clerk finds them in the links' history.</param>
/// <param name="Left">Still to be asked for.</param>
/// <param name="Switched">Codes that this run put into use.</param>
/// <param name="Destroyed">Codes of ended epochs that this run destroyed.</param>
public sealed record Rotation(byte Epoch, long Had, long Converted, long Refused, long Left, long Switched, long Destroyed)
{
    /// <summary>Nobody is left or stands twice.</summary>
    public bool Agrees => Had == Converted + Refused + Left;
}
