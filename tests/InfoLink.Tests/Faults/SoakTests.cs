using System.Globalization;
using InfoLink.Tests.Audit;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>
/// All faults that processes, stores and lines can have, mixed at random from a printed seed, under a steady load: a minute with the other tests, for hours
/// by <c>tests/soak --hours 2 [--seed N]</c>. At every rest the whole world is looked over.
/// </summary>
[Collection(RealProcesses.FirstRow)]
public sealed class SoakTests
{
    private const int Clerks = 3;

    /// <summary>A long soak asks more slowly, so that what must be looked over at the end stays in bounds.</summary>
    private const int MostQuestions = 50_000;

    private static readonly TimeSpan InCi = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RestEvery = TimeSpan.FromMinutes(10);

    private static TimeSpan Length => TimeSpan.FromSeconds(double.Parse(
        Environment.GetEnvironmentVariable("INFOLINK_SOAK_SECONDS") ?? InCi.TotalSeconds.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));

    [Fact]
    public async Task After_any_mix_of_faults_nothing_is_lost_nothing_twice_and_nothing_unlogged()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The test sends Unix signals.");
        var seed = int.TryParse(Environment.GetEnvironmentVariable("INFOLINK_SOAK_SEED"), CultureInfo.InvariantCulture, out var given)
            ? given
            : System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue);
        Say($"seed {seed}, {Length.TotalSeconds} s");
        await using var world = await FaultWorld.StartAsync(new() { WithRedis = true, BrokerOnPostgres = true });
        var mischief = new Mischief(world, new Dice(seed));
        var began = TimeProvider.System.GetTimestamp();
        while (Left() > TimeSpan.Zero)
        {
            world.Clerks.Begin(Clerks, Length / MostQuestions * Clerks);
            var round = TimeProvider.System.GetTimestamp();
            while (Left() > TimeSpan.Zero && TimeProvider.System.GetElapsedTime(round) < RestEvery)
            {
                await mischief.DoAsync();
            }

            await world.Clerks.StopAsync();
            await world.Clerks.AnsweredAsync();
            Say(Count(world.Diary));

            await world.SettleNowAsync();
            await world.CheckAsync();
            Say("sound: nothing lost, nothing twice, nothing unlogged");
        }

        TimeSpan Left() => Length - TimeProvider.System.GetElapsedTime(began);
    }

    private static string Count(Diary diary)
    {
        var faults = diary.Incidents.CountBy(incident => $"{incident.Party} {incident.What}").OrderBy(fault => fault.Key, StringComparer.Ordinal);
        var ends = diary.Questions.CountBy(question => question.Ending switch
        {
            Ending.Answered => "answered",
            Ending.Refused refused => refused.Name,
            _ => "lost with the agent",
        }).OrderByDescending(end => end.Value);
        return $"faults: {string.Join(", ", faults.Select(fault => $"{fault.Key} {fault.Value}"))}\nquestions: {string.Join(", ", ends.Select(end => $"{end.Key} {end.Value}"))}";
    }

    private static void Say(string line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        if (Environment.GetEnvironmentVariable("INFOLINK_SOAK_SECONDS") is not null)
        {
            Console.WriteLine(line);
        }
    }
}
