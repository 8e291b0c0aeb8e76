using System.Net.Sockets;
using InfoLink.Agent;
using InfoLink.Broker;
using InfoLink.Hosting.Checkup;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Checkup;

/// <summary>A running network for a class of tests, each of which breaks a copy of a party's folder and has that looked at.</summary>
public sealed class CheckedNetwork : IAsyncLifetime
{
    private TestNetwork? _network;

    internal TestNetwork Network => _network!;

    public async ValueTask InitializeAsync() => _network = await TestNetwork.StartWithAgentsAsync();

    public ValueTask DisposeAsync() => Network.DisposeAsync();

    /// <summary>An agency's folder, to be broken.</summary>
    internal AgentOptions CopyOfAgent(TemporaryFolder to, string agency = NetworkFolder.Requester)
    {
        Copy(Network.Folder.Path("agencies", agency), to.Path("agent"));
        return AgentOptions.Read(to.Path("agent", "agent.json"));
    }

    /// <summary>The broker's folder, to be broken.</summary>
    internal BrokerOptions CopyOfBroker(TemporaryFolder to)
    {
        Copy(Network.Folder.Path("broker"), to.Path("broker"));
        return BrokerOptions.Read(to.Path("broker", "broker.json"));
    }

    /// <summary>Others may read the file from now on.</summary>
    internal static void OpenToOthers(string file)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        }
    }

    /// <summary>The line, and that its text names cause and way out.</summary>
    internal static Check Finds(CheckSheet sheet, string name, CheckState state, params string[] words)
    {
        var check = Assert.Single(sheet.Checks, check => string.Equals(check.Name, name, StringComparison.Ordinal) && check.State == state);
        Assert.All(words, word => Assert.Contains(word, $"{check.What} → {check.WayOut}", StringComparison.Ordinal));
        Assert.Equal(state != CheckState.Ok, check.WayOut.Length > 0);
        return check;
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.GetDirectories(from))
        {
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
        }

        foreach (var (file, bytes) in FilesInUse.ReadAll(() => Directory.GetFiles(from).Where(file => Path.GetExtension(file) is not (".sock" or ".lease" or ".db-shm"))))
        {
            var copy = Path.Combine(to, Path.GetFileName(file));
            File.WriteAllBytes(copy, bytes);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(copy, File.GetUnixFileMode(file));
            }
        }
    }
}

/// <summary>Something that listens on a Unix socket, as a running process does.</summary>
internal sealed class ListeningSocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public ListeningSocket(string path)
    {
        _socket.Bind(new UnixDomainSocketEndPoint(path));
        _socket.Listen();
    }

    public void Dispose() => _socket.Dispose();
}
