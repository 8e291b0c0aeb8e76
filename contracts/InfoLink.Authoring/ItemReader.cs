using System.Collections.Immutable;
using InfoLink.Contracts.Catalog;

namespace InfoLink.Authoring;

/// <summary>One data item of a layout: its type with the bounds that belong to that type, and no others.</summary>
internal static class ItemReader
{
    private const int MostCodes = 2_000;
    private const int LongestCode = 32;
    private static readonly string[] Common = ["name", "type", "required", "absent"];

    private static readonly Dictionary<string, string[]> BoundsOfType = new(StringComparer.Ordinal)
    {
        ["string"] = ["minLength", "maxLength", "length", "pattern"],
        ["date"] = ["min", "max"],
        ["integer"] = ["min", "max"],
        ["decimal"] = ["min", "max", "scale"],
        ["codeList"] = ["codes"],
        ["boolean"] = [],
        ["individualNumber"] = [],
    };

    public static DataItem? Read(string id, Spot spot)
    {
        // The type says which fields are known; an item whose type cannot be read is checked no further.
        var typeName = (spot.Node as DocumentNode.Mapping)?.Fields.FirstOrDefault(field => field.Key is "type")?.Value is DocumentNode.Scalar text ? text.Text : "";
        var known = BoundsOfType.GetValueOrDefault(typeName);
        if (spot.Fields([.. Common, .. known ?? [.. BoundsOfType.Values.SelectMany(bounds => bounds).Distinct(StringComparer.Ordinal)]]) is not { } fields)
        {
            return null;
        }

        var type = known is null ? UnknownType(fields) : Type(typeName, fields);
        var name = fields.Both("name");
        var required = fields.Required("required")?.Flag() ?? false;
        var reasons = Reasons(fields.Optional("absent"));
        return type is null ? null : new DataItem { Id = id, Name = name, Type = type, Required = required, AbsenceReasons = reasons };
    }

    private static ItemType? UnknownType(Fields fields)
    {
        fields.Required("type")?.OneOf<bool>([.. BoundsOfType.Keys.Select(name => (name, true))]);
        return null;
    }

    private static ItemType? Type(string name, Fields fields) => name switch
    {
        "string" => Text(fields),
        "date" => Date(fields),
        "integer" => Integer(fields),
        "decimal" => Decimal(fields),
        "codeList" => CodeList(fields),
        "boolean" => new ItemType.Boolean(),
        _ => new ItemType.IndividualNumber(),
    };

    private static ItemType.Text Text(Fields fields)
    {
        var exact = fields.Optional("length");
        var shortest = fields.Optional("minLength");
        var longest = fields.Optional("maxLength");
        if (exact is { } both && (shortest is not null || longest is not null))
        {
            both.Fail("'length' is an exact length and stands without 'minLength' and 'maxLength'. Keep one or the other.");
        }

        var length = exact?.Integer(1, ItemType.Text.LargestMaxLength);
        var min = length ?? shortest?.Integer(1, ItemType.Text.LargestMaxLength) ?? 1;
        var max = length ?? longest?.Integer(1, ItemType.Text.LargestMaxLength) ?? ItemType.Text.DefaultMaxLength;
        (longest ?? shortest).MustNotPrecede<int>(min, max, "minLength");
        return new ItemType.Text(min, max, Pattern(fields.Optional("pattern")));
    }

    private static TextPattern? Pattern(Spot? spot)
    {
        TextPattern? pattern = null;
        if (spot?.Text() is { } source && !TextPattern.TryCreate(source, out pattern, out var cause))
        {
            spot.Value.Fail($"Not a pattern: {cause} Patterns run without backtracking: no back references, no look-around.");
        }

        return pattern;
    }

    private static ItemType.Date Date(Fields fields)
    {
        var end = fields.Optional("max");
        var min = fields.Optional("min")?.Date() ?? DateOnly.MinValue;
        var max = end?.Date() ?? DateOnly.MaxValue;
        end.MustNotPrecede<DateOnly>(min, max, "min");
        return new ItemType.Date(min, max);
    }

    private static ItemType.Integer Integer(Fields fields)
    {
        var end = fields.Required("max");
        var min = fields.Required("min")?.LongInteger(long.MinValue, long.MaxValue);
        var max = end?.LongInteger(long.MinValue, long.MaxValue);
        end.MustNotPrecede(min, max, "min");
        return new ItemType.Integer(min ?? 0, max ?? 0);
    }

    private static ItemType.Decimal Decimal(Fields fields)
    {
        const int MostDigitsBehindPoint = 12;
        const decimal Largest = 9_999_999_999_999_999m; // 16 digits before the point and 12 behind it are the 28 that a decimal holds.
        var end = fields.Required("max");
        var min = fields.Required("min")?.Decimal(-Largest, Largest);
        var max = end?.Decimal(-Largest, Largest);
        end.MustNotPrecede(min, max, "min");
        return new ItemType.Decimal(min ?? 0, max ?? 0, fields.Required("scale")?.Integer(1, MostDigitsBehindPoint) ?? 1);
    }

    private static ItemType.CodeList CodeList(Fields fields)
    {
        var codes = ImmutableArray.CreateBuilder<ItemCode>();
        foreach (var (code, key, value) in fields.Required("codes")?.Map(MostCodes) ?? [])
        {
            if (code.Length is 0 or > LongestCode || code.Any(character => character is < '!' or > '~'))
            {
                key.Fail($"A code is 1 to {LongestCode} visible ASCII characters.");
            }

            codes.Add(new ItemCode(code, value.Both() ?? new Bilingual("", "")));
        }

        return new ItemType.CodeList(codes.ToImmutable());
    }

    private static ImmutableArray<AbsenceReason> Reasons(Spot? spot)
    {
        var known = AbsenceReason.All.Select((reason, index) => (reason.Id, index)).ToArray();
        return [.. (spot?.Distinct(known.Length, reason => reason.OneOf(known)) ?? []).Select(index => AbsenceReason.All[index])];
    }
}
