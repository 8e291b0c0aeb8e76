using Grpc.Core;
using InfoLink.Samples.Network;
using InfoLink.Tests.Audit;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>The broker is killed while it writes batches of approvals of many persons each: each is on record whole, or not at all.</summary>
[Collection(RealProcesses.FirstRow)]
public sealed class RestartInBatchTests
{
    private const int PersonsACall = 200;
    private const int CallsAtOnce = 4;
    private const int Rounds = 3;

    [Fact]
    public async Task A_batch_that_is_cut_short_leaves_whole_approvals_and_no_others()
    {
        await using var world = await FaultWorld.StartAsync(new() { WithRedis = true });
        var dice = new Dice(System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue));
        var codes = Enumerable.Range(1, PersonsACall).Select(person => world.Network.CodeOf(person)).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            var before = world.Diary.ByHand.Count;
            var asking = Enumerable.Range(0, CallsAtOnce).Select(_ => Task.Run(() => AskUntilItDiesAsync(world, codes))).ToArray();
            await Eventually.HoldsAsync(() => world.Diary.ByHand.Count > before + CallsAtOnce, "approvals");
            await Task.Delay(TimeSpan.FromMilliseconds(dice.Below(200)), TimeProvider.System, TestContext.Current.CancellationToken);
            await world.KillAsync(Party.Broker);
            await Task.WhenAll(asking);
            await world.StartAsync(Party.Broker);
        }

        await world.Clerks.AnsweredAsync();
        var approvals = (await WorldOnRecord.LogAsync(world.Places, WorldOnRecord.Broker)).With(AccessEvent.Approved).ToLookup(record => record.Exchange, StringComparer.Ordinal);
        Assert.All(world.Diary.ByHand, token => Assert.Equal(PersonsACall, Assert.Single(approvals[token.Exchange.ToString()]).Subjects.Count));

        // Those whose reply was cut off are on record, if at all, as whole as the others.
        Assert.All(approvals.SelectMany(records => records), record => Assert.True(record.Subjects.Count is 1 or PersonsACall));
        var lost = approvals.SelectMany(records => records).Where(record => record.Subjects.Count == PersonsACall).Select(record => record.Exchange)
            .Except(world.Diary.ByHand.Select(token => token.Exchange.ToString()), StringComparer.Ordinal).ToList();
        Assert.InRange(lost.Count, 0, Rounds * CallsAtOnce);
        lost.ForEach(world.Diary.NoteLost);
        await world.CheckAsync();
    }

    private static async Task AskUntilItDiesAsync(FaultWorld world, InfoLink.Contracts.Identifiers.LinkCode[] codes)
    {
        using var client = new HandMadeClient(world.Folder, NetworkFolder.Requester, TimeProvider.System);
        try
        {
            while (true)
            {
                world.NoteByHand(await client.AuthorizeAsync(client.Ask(codes)));
            }
        }
        catch (RpcException gone) when (InfoLink.Contracts.Refusals.RefusalWire.TryRead(gone) is null)
        {
            // Killed. A refusal by name would be a failure: nothing bad was asked.
        }
    }
}
