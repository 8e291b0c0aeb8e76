using System.Security.Cryptography.X509Certificates;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace InfoLink.Hosting.Limits;

/// <summary>
/// Who holds a port's connections. One begins unknown, in a small pool where the oldest makes room; once its certificate has proved to be a member's it
/// counts as that member's, and a member has only so many.
/// </summary>
internal sealed partial class ConnectionPlaces(PortLimits limits, Func<X509Certificate2?, bool> isMember, ILogger<ConnectionPlaces> logger)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<ConnectionContext> _unknown = new();
    private readonly Dictionary<SpiffeName, int> _members = [];
    private readonly HashSet<SpiffeName> _told = [];

    /// <summary>Before TLS: everybody is unknown.</summary>
    public void WatchBeforeTls(ListenOptions port) => port.Use(next => async connection =>
    {
        var place = new Place(TakeUnknown(connection));
        connection.Features.Set(place);
        try
        {
            await next(connection);
        }
        finally
        {
            Leave(place);
        }
    });

    /// <summary>After TLS: a member's connection leaves the pool of the unknown.</summary>
    public void WatchAfterTls(ListenOptions port) => port.Use(next => connection =>
    {
        var leaf = connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;
        var place = connection.Features.GetRequiredFeature<Place>();
        if (!isMember(leaf) || LeafCertificate.NameOf(leaf!) is not { } member || TakeOf(member, place))
        {
            return next(connection);
        }

        if (IsNews(member))
        {
            Log.TooMany(logger, member.ToString(), limits.ConnectionsOfOneMember);
        }

        connection.Abort(new ConnectionAbortedException("The member has too many connections."));
        return Task.CompletedTask;
    });

    private LinkedListNode<ConnectionContext> TakeUnknown(ConnectionContext connection)
    {
        ConnectionContext? oldest = null;
        LinkedListNode<ConnectionContext> mine;
        lock (_gate)
        {
            if (_unknown.Count >= limits.UnknownConnections)
            {
                oldest = _unknown.First!.Value;
                _unknown.RemoveFirst();
            }

            mine = _unknown.AddLast(connection);
        }

        oldest?.Abort(new ConnectionAbortedException("Too many connections of nobody known; the oldest makes room."));
        return mine;
    }

    private bool TakeOf(SpiffeName member, Place place)
    {
        lock (_gate)
        {
            var count = _members.GetValueOrDefault(member);
            if (count >= limits.ConnectionsOfOneMember)
            {
                return false;
            }

            _members[member] = count + 1;
            place.Member = member;
            Forget(place.Unknown);
            return true;
        }
    }

    /// <summary>One that comes again and again does not fill the operator's log.</summary>
    private bool IsNews(SpiffeName member)
    {
        lock (_gate)
        {
            return _told.Add(member);
        }
    }

    private void Leave(Place place)
    {
        lock (_gate)
        {
            Forget(place.Unknown);
            if (place.Member is not { } member)
            {
                return;
            }

            if (_members[member] == 1)
            {
                _members.Remove(member);
                _told.Remove(member);
            }
            else
            {
                _members[member]--;
            }
        }
    }

    private void Forget(LinkedListNode<ConnectionContext> unknown)
    {
        if (unknown.List is not null)
        {
            _unknown.Remove(unknown);
        }
    }

    private sealed class Place(LinkedListNode<ConnectionContext> unknown)
    {
        public LinkedListNode<ConnectionContext> Unknown { get; } = unknown;

        public SpiffeName? Member { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Member} has {Connections} connections open; further ones are closed")]
        public static partial void TooMany(ILogger logger, string member, int connections);
    }
}
