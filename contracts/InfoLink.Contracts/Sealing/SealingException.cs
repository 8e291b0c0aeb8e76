namespace InfoLink.Contracts.Sealing;

/// <summary>Why something could not be sealed or opened.</summary>
public enum SealingFault
{
    /// <summary>The bytes are no public key: not an uncompressed point on P-256.</summary>
    NotAPoint,

    /// <summary>The ciphertext is not what the other side sealed under this key, context, place and associated data.</summary>
    NotAuthentic,

    /// <summary>Opened, but the plaintext is not laid out as agreed: bucket, length or padding. The peer has a defect.</summary>
    WrongLayout,

    /// <summary>More bytes or messages than one context takes.</summary>
    TooLarge,

    /// <summary>The place was sealed before. A second message under the same nonce would lay both open.</summary>
    AlreadySealed,
}

/// <summary>Sealing or opening failed. Names the <see cref="Fault"/>, never a key, a value or a byte of either.</summary>
public sealed class SealingException(SealingFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What went wrong.</summary>
    public SealingFault Fault { get; } = fault;
}
