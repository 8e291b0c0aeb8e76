using System.Diagnostics;
using InfoLink.Bench.Parties;
using InfoLink.Broker;
using InfoLink.Broker.Codes;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Samples.Network;
using InfoLink.V1;

namespace InfoLink.Bench.Scenarios;

/// <summary>
/// One agency's codes to its announced epoch, as its agent has them converted: 10,000 a call, one call after the other, over mTLS, each held against the register
/// and on record before it is answered. The floor is two passes of AES-256-ECB over as many blocks on one thread; the wire is not in it.
/// </summary>
internal static class RotateScenario
{
    private const int AtOnce = 10_000;
    private const int Million = 1_000_000;

    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchRun run)
    {
        using var place = new BenchFolder();
        var folder = BrokerAlone.Prepare(place.Path("network"));
        var next = BrokerSetup.AddMaster(folder.BrokerOptions());
        var members = File.ReadAllText(folder.MembersPath);
        File.WriteAllText(folder.MembersPath, members.Replace($"current: {NetworkFolder.Epoch} }}", $"current: {NetworkFolder.Epoch}, next: {next} }}", StringComparison.Ordinal));
        folder.Publish();
        var (old, fresh) = Codes(folder, next);
        await using var broker = await BrokerAlone.StartAsync(folder);
        using var agency = new HandMadeClient(folder, NetworkFolder.Requester, TimeProvider.System);
        using var bare = new CodesScenario.BareBlocks(AtOnce);

        var at = 0;
        var rounds = await run.ByTurnsAsync(
            async share =>
            {
                var calls = 0;
                var began = Stopwatch.GetTimestamp();
                do
                {
                    Check(await agency.RenewAsync(new ArraySegment<LinkCode>(old, at, AtOnce)), fresh, at);
                    at = (at + AtOnce) % Million;
                    calls++;
                }
                while (Stopwatch.GetElapsedTime(began) < share);

                return calls / Stopwatch.GetElapsedTime(began).TotalSeconds;
            },
            share => CodesScenario.RateAsync(share, bare.Pass));

        var whole = Stopwatch.GetTimestamp();
        for (var from = 0; from < Million; from += AtOnce)
        {
            Check(await agency.RenewAsync(new ArraySegment<LinkCode>(old, from, AtOnce)), fresh, from);
        }

        return
        [
            Figure.Of("link codes renewed over the wire, 10,000 a call", "million/s", [.. rounds[0].Select(rate => rate * AtOnce / 1e6)], [.. rounds[1].Select(rate => rate * AtOnce / 1e6)]),
            Figure.Of("a million link codes renewed", "s", [Stopwatch.GetElapsedTime(whole).TotalSeconds], new Aim(10, AtLeast: false, OfRatio: false)),
        ];
    }

    private static void Check(RenewReply reply, LinkCode[] fresh, int from)
    {
        if (reply.Codes.Count != AtOnce || LinkCode.FromBytes(reply.Codes[^1].LinkCode.Span) != fresh[from + AtOnce - 1])
        {
            throw new InvalidOperationException("Codes were refused, or are others.");
        }
    }

    private static (LinkCode[] Old, LinkCode[] Fresh) Codes(NetworkFolder folder, byte next)
    {
        using var masters = new CodeMasters();
        foreach (var epoch in (byte[])[NetworkFolder.Epoch, next])
        {
            masters.Add(epoch, KeyFile.ReadKey(folder.Path("broker", "keys", "masters", $"{epoch}.key")));
        }

        var cipher = new LinkCodeCipher(masters);
        var ids = Enumerable.Range(0, Million).Select(number => IdCode.Create(IdCodeKind.Test, (ulong)number, generation: 0)).ToArray();
        var (old, fresh) = (new LinkCode[Million], new LinkCode[Million]);
        cipher.EncodeAll(ids, AgencyId.Parse(NetworkFolder.Requester), NetworkFolder.Epoch, old);
        cipher.EncodeAll(ids, AgencyId.Parse(NetworkFolder.Requester), next, fresh);
        return (old, fresh);
    }
}
