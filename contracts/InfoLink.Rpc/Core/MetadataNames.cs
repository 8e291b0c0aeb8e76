using System.Buffers;
using System.Collections.Frozen;

namespace Grpc.Core;

/// <summary>Which names user metadata may have: <c>1*(%x30-39 / %x61-7A / "_" / "-" / ".")</c>, less those of the protocol and of HTTP.</summary>
internal static class MetadataNames
{
    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    // The rich error model sets this one through ordinary metadata, so it is the only protocol name a user may send.
    private const string StatusDetails = "grpc-status-details-bin";

    // Names HTTP itself gives a meaning: as user metadata they would change the request, not accompany it.
    private static readonly FrozenSet<string> OfHttp = new[]
    {
        "connection", "content-encoding", "content-length", "content-type", "host", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }.ToFrozenSet(StringComparer.Ordinal);

    public static string Checked(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var lower = name.ToLowerInvariant();
        if (lower.AsSpan().ContainsAnyExcept(Allowed))
            throw new ArgumentException($"'{name}' is no metadata name: only letters, digits, '-', '_' and '.' are allowed.", nameof(name));
        if (IsReserved(lower))
            throw new ArgumentException($"'{name}' belongs to the protocol and cannot be user metadata.", nameof(name));
        return lower;
    }

    /// <summary>Whether a reader keeps this (lower-case) name from what a peer sent.</summary>
    public static bool IsUserMetadata(string name) => name.Length > 0 && name[0] != ':' && !IsReserved(name);

    private static bool IsReserved(string lower) =>
        (lower.StartsWith("grpc-", StringComparison.Ordinal) && !string.Equals(lower, StatusDetails, StringComparison.Ordinal)) || OfHttp.Contains(lower);
}
