namespace InfoLink.Agent.Host.Callers;

/// <summary>What a call may do. An endpoint that says nothing needs <see cref="Operate"/>.</summary>
internal enum Right
{
    /// <summary>Asking how it is; needs no key, and tells nothing that a key protects.</summary>
    Look,

    /// <summary>Asking other agencies.</summary>
    Ask,

    /// <summary>What an operator's commands do.</summary>
    Operate,

    /// <summary>What one operator, who is known, may do at the back-office page.</summary>
    Desk,
}

/// <summary>What an endpoint needs.</summary>
internal sealed record Need(Right Right);
