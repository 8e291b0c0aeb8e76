using InfoLink.Broker;
using InfoLink.Contracts.Trust;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;

namespace InfoLink.Tests.Rotation;

/// <summary>The steps of a change of link codes, each a list that the authority signs and a running broker publishes.</summary>
internal static class Rotating
{
    public const byte Old = NetworkFolder.Epoch;
    public const byte Next = Old + 1;
    public static readonly string Announced = $"current: {Old}, next: {Next}";
    public static readonly string Switched = $"current: {Next}, previous: {Old}";
    public static readonly string Dropped = $"current: {Next}";

    /// <summary>All of them in their order.</summary>
    public static readonly System.Collections.Immutable.ImmutableArray<string> Steps = [Announced, Switched, Dropped];

    /// <summary>A master that the running broker has not seen yet.</summary>
    public static byte AddMaster(this TestNetwork network) => BrokerSetup.AddMaster(network.Folder.BrokerOptions());

    /// <summary>From now on the list says so of these agencies; nobody has heard it yet.</summary>
    public static void Write(NetworkFolder folder, string epochs, string further, params IEnumerable<string> agencies)
    {
        var members = File.ReadAllText(folder.MembersPath);
        foreach (var agency in agencies)
        {
            var at = members.IndexOf("codeEpochs", members.IndexOf($"\"{agency}\":", StringComparison.Ordinal), StringComparison.Ordinal);
            var end = members.IndexOf('\n', at);
            members = $"{members[..at]}codeEpochs: {{ {epochs} }}{further}{members[end..]}";
        }

        File.WriteAllText(folder.MembersPath, members);
    }

    /// <summary>The same of every member.</summary>
    public static void WriteAll(NetworkFolder folder, string epochs) => File.WriteAllText(
        folder.MembersPath,
        string.Join('\n', File.ReadAllText(folder.MembersPath).Split('\n').Select(line =>
            line.IndexOf("codeEpochs:", StringComparison.Ordinal) is >= 0 and var at ? $"{line[..at]}codeEpochs: {{ {epochs} }}" : line)));

    public static Task PublishAsync(this TestNetwork network) => network.Broker.Acts.PublishAsync("tanaka", network.Folder.Sign(DocumentKind.Members));

    /// <summary>One step for these agencies, in force at the broker.</summary>
    public static Task StepAsync(this TestNetwork network, string epochs, params IEnumerable<string> agencies)
    {
        Write(network.Folder, epochs, "", agencies);
        return network.PublishAsync();
    }
}

/// <summary>Tells at once, on the thread of whoever reports.</summary>
internal sealed class Telling<T>(Action<T> tell) : IProgress<T>
{
    public void Report(T value) => tell(value);
}
