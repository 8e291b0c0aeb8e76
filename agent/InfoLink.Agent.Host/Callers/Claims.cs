using InfoLink.Agent.Requesting;

namespace InfoLink.Agent.Host.Callers;

/// <summary>What a proxy says of the operator, from its headers.</summary>
internal static class Claims
{
    /// <returns>The operator's id and what is said of her; null where the header that names her is not there.</returns>
    public static (string Operator, OperatorClaims Claims)? Read(ClaimOptions options, IHeaderDictionary headers)
    {
        var id = Of(options.Operator);
        if (id.Length == 0)
        {
            return null;
        }

        var groups = Of(options.Roles).Split(options.Separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var roles = options.RoleOf.Count == 0 ? groups : [.. groups.Select(group => options.RoleOf.TryGetValue(group, out var role) ? role : "").Where(role => role.Length > 0)];
        return (id, new OperatorClaims(Of(options.Name), Of(options.Department), Of(options.Attribute), roles));

        string Of(string header)
        {
            // Twice is no name: a proxy that adds to what the client sent would let the client choose.
            var values = header.Length == 0 ? default : headers[header];
            return values.Count == 1 && Uri.UnescapeDataString(values.ToString()) is { Length: <= 1_000 } text && !text.Any(char.IsControl) ? text.Trim() : "";
        }
    }
}
