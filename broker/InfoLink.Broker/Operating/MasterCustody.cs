using System.Globalization;
using InfoLink.Broker.Codes;
using InfoLink.Broker.Keys;
using InfoLink.Contracts.Membership;

namespace InfoLink.Broker.Operating;

/// <summary>
/// Masters of link codes come and go while the broker runs: a new one is taken up from the folder when a member list needs it, and one that no member uses
/// is destroyed on the operator's word.
/// </summary>
internal sealed class MasterCustody
{
    private readonly BrokerKeys _keys;
    private readonly CodeMasters _masters;

    /// <summary>The epoch that is being destroyed; 0: none. A member list that names it fits no more.</summary>
    private byte _going;

    public MasterCustody(BrokerKeys keys, CodeMasters masters)
    {
        (_keys, _masters) = (keys, masters);
        foreach (var (epoch, master) in keys.Masters)
        {
            masters.Add(epoch, master);
        }
    }

    public bool Has(byte epoch) => _masters.Has(epoch);

    /// <summary>Why a member list does not fit, after the folder was looked at again for a master that it needs.</summary>
    public IReadOnlyList<string> Errors(MemberList members, string logOrigin)
    {
        var needed = members.Members.SelectMany(member => member.CodeEpochs.All()).Distinct().ToList();
        if (needed.Any(epoch => !_keys.Masters.ContainsKey(epoch)))
        {
            foreach (var epoch in _keys.ReadNewMasters())
            {
                _masters.Add(epoch, _keys.Masters[epoch]);
            }
        }

        var errors = BrokerFit.Errors(_keys, members, logOrigin);
        return Volatile.Read(ref _going) is var going and > 0 && needed.Contains(going)
            ? [.. errors, string.Create(CultureInfo.InvariantCulture, $"The master of code epoch {going} is being destroyed.")]
            : errors;
    }

    /// <summary>From here on no member list that names the epoch is taken.</summary>
    /// <exception cref="InvalidOperationException">Another is being destroyed.</exception>
    public IDisposable BeginDestruction(byte epoch)
    {
        if (Interlocked.CompareExchange(ref _going, epoch, (byte)0) != 0)
        {
            throw new InvalidOperationException("Another master is being destroyed just now. Try again when that is done.");
        }

        return new End(this);
    }

    /// <summary>Gone: in memory with every key derived from it, and on this host's disk.</summary>
    /// <exception cref="IOException">It is gone from memory; its file could not be dealt with.</exception>
    public void Destroy(byte epoch)
    {
        _masters.Destroy(epoch);
        _keys.DestroyMaster(epoch);
    }

    private sealed class End(MasterCustody custody) : IDisposable
    {
        public void Dispose() => Volatile.Write(ref custody._going, 0);
    }
}
