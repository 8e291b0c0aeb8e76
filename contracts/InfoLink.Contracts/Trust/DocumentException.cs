namespace InfoLink.Contracts.Trust;

/// <summary>Why a signed document is not taken.</summary>
public enum DocumentFault
{
    /// <summary>Not JSON, not canonical, or not what its kind asks for.</summary>
    Malformed,

    /// <summary>Another kind than was expected.</summary>
    OtherKind,

    /// <summary>Of another platform.</summary>
    OtherPlatform,

    /// <summary>Fewer good signatures than the threshold.</summary>
    SignaturesMissing,

    /// <summary>Older than what is held.</summary>
    Rollback,

    /// <summary>As old as what is held, or its successor, and of another history: the authority, or a thief of its keys, signed two.</summary>
    Forked,

    /// <summary>Of a length of life that its kind must not have.</summary>
    LivesTooLong,

    /// <summary>Past its last day.</summary>
    Expired,

    /// <summary>Issued in the future: one of the two clocks is wrong.</summary>
    FromTheFuture,

    /// <summary>It does not fit what else is held: keys, epochs, categories.</summary>
    DoesNotFit,
}

/// <summary>A signed document is refused. The message names cause and way out; nothing of the document was taken.</summary>
public sealed class DocumentException(DocumentFault fault, string message) : Exception(message)
{
    public DocumentFault Fault { get; } = fault;
}
