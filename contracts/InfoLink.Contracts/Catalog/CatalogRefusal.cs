using InfoLink.V1;

namespace InfoLink.Contracts.Catalog;

/// <summary>The catalog's no, as the refusal of the same name.</summary>
public static class CatalogRefusal
{
    public static Refusals.Refusal ToRefusal(this CatalogDecision.Denied denied) =>
        new(Enum.Parse<RefusalName>(denied.Reason.ToString()), denied.Detail);
}
