using InfoLink.Contracts.Membership;
using InfoLink.Samples.Network;
using InfoLink.Transparency;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Fixtures;

/// <summary>One broker for a class of tests that leave it as they found it.</summary>
public sealed class SharedBroker : IAsyncLifetime
{
    private TestNetwork? _network;

    internal TestNetwork Network => _network!;

    /// <summary>Two code epochs are in use: the folder's own and this one.</summary>
    public const byte NextEpoch = NetworkFolder.Epoch + 1;

    public async ValueTask InitializeAsync() => _network = await TestNetwork.StartAsync(new() { Prepare = Prepare });

    public ValueTask DisposeAsync() => Network.DisposeAsync();

    private static void Prepare(NetworkFolder folder)
    {
        Contracts.Identity.KeyFile.WriteNew(
            folder.Path("broker", "keys", "masters", $"{NextEpoch}.key"),
            System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)));
        File.WriteAllText(folder.MembersPath, File.ReadAllText(folder.MembersPath)
            .Replace(
                $"codeEpochs: {{ current: {NetworkFolder.Epoch} }}",
                $"codeEpochs: {{ current: {NextEpoch}, previous: {NetworkFolder.Epoch} }}",
                StringComparison.Ordinal)
            .Replace(
                "      - { category: health-minister, from: 2001-01-06 }",
                "      - { category: health-minister, from: 2001-01-06 }\n      - { category: justice-minister, from: 2001-01-06 }",
                StringComparison.Ordinal));
    }
}

/// <summary>Looks at what a call left on record, and changes of the member list.</summary>
internal static class Watching
{
    /// <summary>What the act put on record at the broker.</summary>
    public static async Task<IReadOnlyList<StoredEntry>> RecordedByAsync(this TestNetwork network, Func<Task> act)
    {
        var before = await network.AllRecordsAsync();
        await act();
        var after = await network.AllRecordsAsync();
        Assert.Equal(before.Select(entry => entry.OpenPartBytes), after.Take(before.Count).Select(entry => entry.OpenPartBytes));
        return [.. after.Skip(before.Count)];
    }

    /// <summary>The act is refused by this name, and one record says so: nothing else is on record.</summary>
    public static async Task<StoredEntry> RefusedAndRecordedAsync(this TestNetwork network, RefusalName name, Func<Task> act, string detail = "")
    {
        var records = await network.RecordedByAsync(() => Refused.ByAsync(name, act, detail));
        var record = Assert.Single(records);
        Assert.Equal((AccessEvent.Refused, name, "broker"), (record.Open.Event, record.Open.Refusal, record.Open.Custodian));
        Assert.True(record.Subjects.Count == 0 || record.Open.Count == record.Subjects.Count, "A whole call is counted; single subjects have their places.");
        Assert.All(record.Subjects, subject => Assert.Equal(SubjectOutcome.RefusedOutcome, subject.Outcome));
        return record;
    }

    /// <summary>For as long as the result lives, a member is suspended.</summary>
    public static IDisposable Suspend(this TestNetwork network, string agency)
    {
        var before = network.Broker.Members.Current;
        network.Broker.Members.Replace(new MemberList(
            before.Version + 1,
            before.Sha256.Span,
            before.Platform,
            before.Broker,
            before.Members.Select(member => string.Equals(member.Id.Value, agency, StringComparison.Ordinal) ? member with { Suspended = true } : member)));
        return new Undo(() => network.Broker.Members.Replace(before));
    }

    private sealed class Undo(Action undo) : IDisposable
    {
        public void Dispose() => undo();
    }
}
