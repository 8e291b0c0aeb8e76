using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using InfoLink.Bench.Floors;
using InfoLink.Broker;
using InfoLink.Broker.Codes;
using InfoLink.Codes;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.V1;
using Microsoft.Extensions.Logging.Abstractions;

namespace InfoLink.Bench.Parties;

/// <summary>
/// The sample network's broker on a real socket, everything on (catalog, codes, register, limits' places, grants, durable log, receipts), and callers that
/// do what agents would, by hand: several connections of the requester and of the provider, each with a certificate and a pin of its own.
/// Only the pace is off: how fast one agency may go is not how fast it goes.
/// </summary>
internal sealed class BrokerAlone : IAsyncDisposable
{
    /// <summary>Callers at the same time, as many as one agency may have under way.</summary>
    public const int Callers = 64;

    /// <summary>Connections they are spread over.</summary>
    public const int Connections = 4;

    private const int Persons = 20_000;
    private readonly BrokerHost _broker;
    private readonly LinkCode[] _codes;
    private readonly Side[] _requesters;
    private readonly Side[] _providers;
    private int _next;

    private BrokerAlone(BrokerHost broker, TimeSpan startedWithin, LinkCode[] codes, Side[] requesters, Side[] providers) =>
        (_broker, StartedWithin, _codes, _requesters, _providers) = (broker, startedWithin, codes, requesters, providers);

    /// <summary>A folder of keys, catalog, member list and configuration, without pace.</summary>
    /// <param name="path">A new folder.</param>
    /// <param name="redis">For tokens; empty keeps them in memory.</param>
    public static NetworkFolder Prepare(string path, string redis = "")
    {
        var folder = NetworkFolder.Create(path, redis, TimeProvider.System);
        TakePaceOff(folder);
        return folder;
    }

    public static void TakePaceOff(NetworkFolder folder)
    {
        var broker = folder.BrokerOptions();
        (broker.Limits.Authorize.PerSecond, broker.Limits.Finish.PerSecond) = (0, 0);
        (broker.Limits.PersonsPerSecond, broker.Limits.EntryPersonsPerSecond, broker.Limits.PersonsPerDay) = (0, 0, 0);
        broker.Write(folder.BrokerPath);
    }

    /// <param name="folder">The network's.</param>
    /// <param name="beside">The folder of the broker to start, of several: <c>broker-2</c>.</param>
    public static async Task<BrokerAlone> StartAsync(NetworkFolder folder, string beside = "broker")
    {
        var began = Stopwatch.GetTimestamp();
        var broker = await BrokerHost.StartAsync(BrokerOptions.Read(folder.Path(beside, "broker.json")), TimeProvider.System, NullLoggerFactory.Instance);
        var within = Stopwatch.GetElapsedTime(began);
        return new BrokerAlone(broker, within, Codes(folder), Sides(folder, NetworkFolder.Requester), Sides(folder, NetworkFolder.Provider));
    }

    /// <summary>What the broker took to start.</summary>
    public TimeSpan StartedWithin { get; }

    /// <summary>The statute entries that callers ask under, in turn.</summary>
    public IReadOnlyList<string> Entries { get; private set; } = [Walk.Entry];

    /// <summary>Entries in the broker's log.</summary>
    public long Records => _broker.Log.Checkpoint.Size;

    /// <summary>Another catalog, in force from now on, whose entries all let the requester ask the provider.</summary>
    public void PutInForce(StatuteCatalog catalog)
    {
        _broker.Catalog.Replace(CatalogSet.Empty.With(catalog, TimeProvider.System.GetUtcNow()));
        Entries = [.. catalog.Entries.Keys.Select(entry => entry.Value)];
    }

    /// <summary>The broker's whole part of an exchange.</summary>
    public async Task ExchangeAsync(int caller)
    {
        var approval = await AuthorizeAsync(caller);
        await RedeemAsync(caller, approval);
        await SettleAsync(caller, approval);
    }

    /// <summary>An approval of so many persons.</summary>
    /// <exception cref="InvalidOperationException">Not all were approved.</exception>
    public async Task<AuthorizeReply> AuthorizeAsync(int caller, int persons = 1)
    {
        var side = _requesters[caller % Connections];
        var first = (uint)Interlocked.Add(ref _next, persons);
        var request = side.Client.Ask(Enumerable.Range(0, persons).Select(i => _codes[(first + i) % Persons]));
        request.Entry = Entries[(int)(first % Entries.Count)];
        var pin = side.Pin;
        if (pin.Size > 0)
        {
            request.Pins.Add(pin);
        }

        var reply = await side.Client.AuthorizeAsync(request);
        if (reply.Subjects.Count != persons || reply.Token.Length == 0 || reply.Receipt is null || (pin.Size > 0 && reply.Consistency is null))
        {
            throw new InvalidOperationException("An approval is not whole.");
        }

        side.Pin = PinOf(reply.Receipt);
        return reply;
    }

    /// <summary>Redeems an approval as its provider.</summary>
    /// <exception cref="InvalidOperationException">Not all codes came.</exception>
    public async Task<RedeemReply> RedeemAsync(int caller, AuthorizeReply approval)
    {
        var side = _providers[caller % Connections];
        var pin = PinOf(approval.Receipt);
        var reply = await side.Client.Broker.RedeemAsync(
            new RedeemRequest
            {
                Token = approval.Token,
                AttemptId = AttemptId.New().ToArray().ToByteString(),
                Pin = side.Pin.Size > 0 ? side.Pin : pin,
                ReceiptSize = pin.Size,
            },
            BareCalls.Limit());
        if (reply.Subjects.Count != approval.Subjects.Count || reply.ExchangeId != approval.ExchangeId)
        {
            throw new InvalidOperationException("A redeem is not whole.");
        }

        side.Pin = pin;
        return reply;
    }

    /// <summary>Settles an approval that was redeemed.</summary>
    public async Task SettleAsync(int caller, AuthorizeReply approval)
    {
        var request = new SettleRequest { ExchangeId = approval.ExchangeId, TokenSha256 = SHA256.HashData(Encoding.ASCII.GetBytes(approval.Token)).ToByteString() };
        request.Subjects.Add(approval.Subjects.Select(subject => new SubjectSettlement { Index = subject.Index, Outcome = SubjectOutcome.NotAvailableOutcome }));
        await _providers[caller % Connections].Client.Broker.SettleAsync(request, BareCalls.Limit());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var side in _requesters.Concat(_providers))
        {
            side.Client.Dispose();
        }

        await _broker.DisposeAsync();
    }

    private static LinkCode[] Codes(NetworkFolder folder)
    {
        using var masters = new CodeMasters();
        masters.Add(NetworkFolder.Epoch, KeyFile.ReadKey(folder.Path("broker", "keys", "masters", $"{NetworkFolder.Epoch}.key")));
        var ids = Enumerable.Range(0, Persons).Select(number => IdCode.Create(IdCodeKind.Test, (ulong)number, generation: 0)).ToArray();
        var codes = new LinkCode[Persons];
        new LinkCodeCipher(masters).EncodeAll(ids, AgencyId.Parse(NetworkFolder.Requester), NetworkFolder.Epoch, codes);
        return codes;
    }

    private static Side[] Sides(NetworkFolder folder, string agency) =>
        [.. Enumerable.Range(0, Connections).Select(_ => new Side(new HandMadeClient(folder, agency, TimeProvider.System)))];

    /// <summary>The tree that a receipt speaks of, as its holder knows it from then on.</summary>
    private static LogPin PinOf(Receipt receipt)
    {
        var size = receipt.Checkpoint.ToStringUtf8().Split('\n', 3)[1]; // C2SP checkpoint: origin, size, root.
        return new LogPin { Origin = receipt.Origin, Size = ulong.Parse(size, System.Globalization.CultureInfo.InvariantCulture) };
    }

    /// <summary>One of an agency's connections.</summary>
    private sealed class Side(HandMadeClient client)
    {
        public HandMadeClient Client { get; } = client;

        public volatile LogPin Pin = new();
    }
}
