using InfoLink.Tests.Audit;
using InfoLink.Tests.EndToEnd;

namespace InfoLink.Tests.Faults;

/// <summary>One fault after another, whichever the dice say, with a while of peace behind each.</summary>
internal sealed class Mischief(FaultWorld world, Dice dice)
{
    public async Task DoAsync()
    {
        switch (dice.Below(14))
        {
            case 0:
                await KillAsync(Party.Broker);
                break;
            case 1:
                await KillAsync(Party.Requester);
                break;
            case 2:
                await KillAsync(Party.Provider);
                break;
            case 3:
                await FreezeAsync(Party.Broker);
                break;
            case 4:
                await FreezeAsync(Party.Requester);
                break;
            case 5:
                await FreezeAsync(Party.Provider);
                break;
            case 6:
                world.Diary.Note(Party.Redis, "kill -9, back empty");
                await world.Redis!.StartAgainAsync();
                break;
            case 7:
                world.Diary.Note(Party.Redis, "hangs");
                world.Redis!.Freeze();
                await WaitAsync(200, 3000);
                world.Redis.Thaw();
                break;
            case 8:
                world.Diary.Note(Party.Postgres, "stopped at once");
                await world.Postgres!.StopAsync();
                await WaitAsync(100, 1500);
                await world.Postgres.StartAgainAsync();
                break;
            case 9:
                world.Diary.Note(Party.Postgres, "kill -9");
                await world.Postgres!.KillAsync();
                await world.Postgres.StartAgainAsync();
                break;
            case 10:
                await CutAsync();
                break;
            case 11:
                await OnWireAsync("slow", wire => wire.Delay = TimeSpan.FromMilliseconds(20 + dice.Below(200)), wire => wire.Delay = TimeSpan.Zero);
                break;
            case 12:
                await OnWireAsync("held up", wire => wire.Hold(), wire => wire.Release());
                break;
            default:
                await OnWireAsync("away", Away, wire => wire.Down = false);
                break;
        }

        await WaitAsync(300, 2500);
    }

    private async Task KillAsync(Party party)
    {
        await world.KillAsync(party);
        await WaitAsync(0, 500);
        await world.StartAsync(party);
    }

    private async Task FreezeAsync(Party party)
    {
        world.Diary.Note(party, "hangs");
        await world[party].FreezeAsync();
        await WaitAsync(100, 3000);
        await world[party].ThawAsync();
    }

    private async Task CutAsync()
    {
        world.Diary.Note(Party.Wire, "cut");
        for (var cut = dice.Below(5); cut >= 0; cut--)
        {
            AnyWire().Cut();
            await WaitAsync(10, 200);
        }
    }

    private async Task OnWireAsync(string what, Action<TcpRelay> begin, Action<TcpRelay> end)
    {
        world.Diary.Note(Party.Wire, what);
        var wire = AnyWire();
        begin(wire);
        await WaitAsync(200, 2000);
        end(wire);
    }

    private static void Away(TcpRelay wire)
    {
        wire.Down = true;
        wire.Cut();
    }

    private TcpRelay AnyWire() => dice.Below(2) == 0 ? world.BrokerWire : world.ProviderWire;

    private Task WaitAsync(int from, int to) => Task.Delay(TimeSpan.FromMilliseconds(from + dice.Below(to - from)), TimeProvider.System);
}
