using System.Collections.Concurrent;
using Grpc.Net.Client;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;

namespace InfoLink.Hosting;

/// <summary>
/// A party's connections to broker and members, one pool for each counterpart and certificate generation: an exchange keeps the certificate that its token
/// is bound to, and a renewal begins new connections without breaking old ones.
/// </summary>
public sealed class Channels(TimeProvider time) : IDisposable, IServiceProvider
{
    /// <summary>Largest message either way: one subject's sealed answer, or 1,000 subjects' codes.</summary>
    private const int MaxMessage = 4 * 1024 * 1024;

    /// <summary>Generations whose connections stay open in any case.</summary>
    private const int KeptGenerations = 2;

    /// <summary>How long others' stay open after they were last asked for: longer than any exchange takes.</summary>
    private static readonly TimeSpan KeptForExchanges = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<ChannelKey, Lazy<GrpcChannel>> _channels = new();
    private readonly Dictionary<LeafGeneration, long> _lastUse = [];
    private readonly Lock _gate = new();

    /// <exception cref="EndpointUnknownException">Neither directory nor configuration say where it is.</exception>
    public GrpcChannel ToBroker(LeafGeneration own, MemberList members) =>
        To(own, new ChannelKey(own, members.BrokerName, members.Broker.Endpoint ?? throw new EndpointUnknownException("broker"), members.Broker.IdentityKeys));

    /// <exception cref="EndpointUnknownException">The directory does not say where it is.</exception>
    public GrpcChannel ToMember(LeafGeneration own, MemberList members, Member member) =>
        To(own, new ChannelKey(own, members.NameOf(member), member.Endpoint ?? throw new EndpointUnknownException(member.Id.Value), member.IdentityKeys));

    public void Dispose()
    {
        foreach (var channel in _channels.Values)
        {
            channel.Value.Dispose();
        }
    }

    /// <summary>Deadlines are kept on the party's own clock.</summary>
    object? IServiceProvider.GetService(Type serviceType) => serviceType == typeof(TimeProvider) ? time : null;

    private GrpcChannel To(LeafGeneration own, ChannelKey key)
    {
        Retire(own);
        return _channels.GetOrAdd(key, made => new Lazy<GrpcChannel>(() => Open(made))).Value;
    }

    private GrpcChannel Open(ChannelKey key) => GrpcChannel.ForAddress(key.Endpoint, new GrpcChannelOptions
    {
        HttpHandler = MutualTls.ClientHandler(key.Own, key.Name, key.Identity, time),
        DisposeHttpClient = true,
        ServiceProvider = this,
        MaxReceiveMessageSize = MaxMessage,
        MaxSendMessageSize = MaxMessage,
    });

    /// <summary>Closes the connections of generations that no running exchange can still be under.</summary>
    private void Retire(LeafGeneration own)
    {
        lock (_gate)
        {
            var isNew = !_lastUse.ContainsKey(own);
            _lastUse[own] = time.GetTimestamp();
            if (!isNew)
            {
                return;
            }

            var unused = _lastUse.OrderByDescending(use => use.Value).Skip(KeptGenerations)
                .Where(use => time.GetElapsedTime(use.Value) >= KeptForExchanges)
                .Select(use => use.Key)
                .ToList();
            foreach (var old in unused)
            {
                _lastUse.Remove(old);
                foreach (var key in _channels.Keys.Where(key => ReferenceEquals(key.Own, old)))
                {
                    if (_channels.TryRemove(key, out var channel))
                    {
                        channel.Value.Dispose();
                    }
                }
            }
        }
    }

    private sealed record ChannelKey(LeafGeneration Own, SpiffeName Name, Uri Endpoint, IdentityKeys Identity);
}

/// <summary>The directory does not say where a party is reached.</summary>
public sealed class EndpointUnknownException(string party)
    : Exception($"The directory has no endpoint of '{party}'. The broker's operator sets it: infolink member endpoint.");
