using System.Collections.Immutable;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Catalog;

/// <summary>An information kind (特定個人情報名) with the layout of its data items.</summary>
public sealed record InformationKind
{
    public required KindId Id { get; init; }

    public required Bilingual Name { get; init; }

    /// <summary>The term the law defines for it, e.g. 地方税関係情報 (article 2 of the Order).</summary>
    public required string LegalTerm { get; init; }

    /// <summary>
    /// True where the official layout (データ標準レイアウト) was not at hand and the items are ours. Programs treat both alike; people must know.
    /// </summary>
    public required bool LayoutIsIllustrative { get; init; }

    /// <summary>Conditions without which the kind cannot be answered.</summary>
    public required NeededConditions Needs { get; init; }

    /// <summary>By which rule the agency that holds it is found.</summary>
    public ProviderRule Provider { get; init; }

    /// <summary>In the order of the layout; each id once.</summary>
    public required ImmutableArray<DataItem> Items { get; init; }

    /// <summary>An individual number is among its items: only marked entries may hold it, and no number-less member gives or takes it.</summary>
    public bool HoldsIndividualNumber => Items.Any(item => item.Type is ItemType.IndividualNumber);
}

/// <summary>How the one agency is found that holds a person's information of a kind. Whichever rule there is, a clerk may name the provider instead.</summary>
public enum ProviderRule
{
    /// <summary>No rule: the clerk names the provider.</summary>
    Named,

    /// <summary>Where the person's address was on 1 January of the tax year (賦課期日): <c>address-on-1-january</c>.</summary>
    AddressOnFirstOfJanuary,

    /// <summary>Where the person's address is now: <c>current-address</c>.</summary>
    CurrentAddress,

    /// <summary>The one agency that the entry names: <c>sole</c>.</summary>
    Sole,
}

/// <summary>The rules as catalogs write them.</summary>
public static class ProviderRules
{
    /// <summary><c>address-on-1-january</c>, <c>current-address</c>, <c>sole</c>; <c>named</c> where there is no rule, which no catalog writes.</summary>
    public static string Text(this ProviderRule rule) => rule switch
    {
        ProviderRule.AddressOnFirstOfJanuary => "address-on-1-january",
        ProviderRule.CurrentAddress => "current-address",
        ProviderRule.Sole => "sole",
        _ => "named",
    };
}

/// <summary>One typed field (データ項目) of a kind.</summary>
public sealed record DataItem
{
    /// <summary>1 to 64 characters of a-z, 0-9, '.' and '-'; unique within the kind.</summary>
    public required string Id { get; init; }

    public required Bilingual Name { get; init; }

    public required ItemType Type { get; init; }

    /// <summary>A required item is always in the answer, as a value or as an allowed reason; another may be left out.</summary>
    public required bool Required { get; init; }

    /// <summary>Reasons that may stand in place of a value; none: only a value will do.</summary>
    public required ImmutableArray<AbsenceReason> AbsenceReasons { get; init; }
}

/// <summary>
/// The type of a data item. Values travel as text in one canonical form each, so that equal values are equal bytes and digests agree.
/// </summary>
public abstract record ItemType
{
    private ItemType()
    {
    }

    /// <summary>
    /// Text without control, line-separating, bidirectional-override or unpaired-surrogate characters. Lengths are in Unicode
    /// scalar values. No normal form is forced: NFC would turn U+FA19 in a name, a form of 神, into U+795E.
    /// </summary>
    /// <param name="MinLength">At least 1: an empty text is an absent value and needs its reason.</param>
    /// <param name="MaxLength">At most 2,000; 200 where a catalog is silent.</param>
    /// <param name="Pattern">Must match as a whole; null: any text.</param>
    public sealed record Text(int MinLength, int MaxLength, TextPattern? Pattern) : ItemType
    {
        public const int DefaultMaxLength = 200;
        public const int LargestMaxLength = 2_000;
    }

    /// <summary><c>yyyy-MM-dd</c> in the Gregorian calendar, both ends included. A date known only in part is absent, with its reason.</summary>
    public sealed record Date(DateOnly Min, DateOnly Max) : ItemType;

    /// <summary>Decimal digits, <c>-</c> in front where negative; no leading zeros, no <c>-0</c>, no <c>+</c>. Both ends included.</summary>
    public sealed record Integer(long Min, long Max) : ItemType;

    /// <summary>As integers, with at most <see cref="Scale"/> digits behind a point and no zero at their end: 2.5, not 2.50.</summary>
    /// <param name="Min">Included.</param>
    /// <param name="Max">Included.</param>
    /// <param name="Scale">1 to 12 digits behind the point.</param>
    public sealed record Decimal(decimal Min, decimal Max, int Scale) : ItemType;

    /// <summary>One of the listed codes, written exactly so.</summary>
    public sealed record CodeList(ImmutableArray<ItemCode> Codes) : ItemType;

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public sealed record Boolean : ItemType;

    /// <summary>
    /// 個人番号: 12 digits with a valid check digit (平成26年総務省令第85号 article 5). A number can be content, in marked entries only;
    /// nothing is ever looked up by it.
    /// </summary>
    public sealed record IndividualNumber : ItemType;
}

/// <summary>A member of a code list with its meaning.</summary>
public sealed record ItemCode(string Code, Bilingual Name);
