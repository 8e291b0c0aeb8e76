using System.Security.Cryptography;

namespace InfoLink.Tests.Identity;

/// <summary>A key on P-256 as a token holds one: it can be away, or say nothing at all. It counts how often it was asked to sign.</summary>
internal sealed class FaultyKey : ECDsa
{
    private readonly ECDsa _key = Create(ECCurve.NamedCurves.nistP256);
    private readonly ManualResetEventSlim _answers = new(initialState: true);
    private int _asked;

    public FaultyKey() => KeySizeValue = _key.KeySize;

    /// <summary>Signing fails.</summary>
    public bool IsAway { get; set; }

    /// <summary>Signing does not end before this is set back.</summary>
    public bool IsSilent
    {
        get => !_answers.IsSet;
        set
        {
            if (value)
            {
                _answers.Reset();
            }
            else
            {
                _answers.Set();
            }
        }
    }

    public int Asked => Volatile.Read(ref _asked);

    public override byte[] SignHash(byte[] hash)
    {
        Interlocked.Increment(ref _asked);
        _answers.Wait();
        return IsAway ? throw new CryptographicException("The token is away.") : _key.SignHash(hash);
    }

    public override bool VerifyHash(byte[] hash, byte[] signature) => _key.VerifyHash(hash, signature);

    public override ECParameters ExportParameters(bool includePrivateParameters) =>
        includePrivateParameters ? throw new CryptographicException("It does not leave the token.") : _key.ExportParameters(includePrivateParameters: false);

    protected override byte[] HashData(byte[] data, int offset, int count, HashAlgorithmName hashAlgorithm) =>
        SHA256.HashData(data.AsSpan(offset, count));

    protected override void Dispose(bool disposing)
    {
        _key.Dispose();
        _answers.Dispose();
        base.Dispose(disposing);
    }
}
