using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace InfoLink.Bench.Floors;

/// <summary>One ES256 signature or verification, as cheap as it is: a handle for each thread at work, kept.</summary>
internal sealed class Es256 : IDisposable
{
    /// <summary>As long as what a token's signature is over.</summary>
    private const int SignedLength = 760;

    private readonly ECParameters _key;
    private readonly ConcurrentBag<ECDsa> _handles = [];
    private readonly byte[] _data = RandomNumberGenerator.GetBytes(SignedLength);
    private readonly byte[] _signature;

    public Es256()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _key = key.ExportParameters(includePrivateParameters: true);
        _signature = Sign();
    }

    public byte[] Sign() => With(handle => handle.SignData(_data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));

    /// <summary>Verifies a signature that was made before.</summary>
    /// <exception cref="InvalidOperationException">It does not verify.</exception>
    public void Verify()
    {
        if (!With(handle => handle.VerifyData(_data, _signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)))
        {
            throw new InvalidOperationException("A bare signature does not verify.");
        }
    }

    public void Dispose()
    {
        foreach (var handle in _handles)
        {
            handle.Dispose();
        }
    }

    private T With<T>(Func<ECDsa, T> act)
    {
        var handle = _handles.TryTake(out var kept) ? kept : ECDsa.Create(_key);
        try
        {
            return act(handle);
        }
        finally
        {
            _handles.Add(handle);
        }
    }
}
