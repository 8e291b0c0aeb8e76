using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Typed;

/// <summary>Values to their canonical text (SPEC §5) and back.</summary>
internal static class ItemText<T>
    where T : notnull
{
    private const NumberStyles DecimalStyle = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;
    private static readonly FrozenDictionary<string, T>? Members = typeof(T).IsEnum ? MembersOf() : null;
    private static readonly FrozenDictionary<T, string>? Codes = Members?.ToFrozenDictionary(member => member.Value, member => member.Key);

    public static bool TryRead(string text, [MaybeNullWhen(false)] out T value)
    {
        if (Members is not null)
        {
            return Members.TryGetValue(text, out value);
        }

        object? read = default(T) switch
        {
            int => int.TryParse(text, NumberStyles.AllowLeadingSign, Plain, out var number) ? number : null,
            long => long.TryParse(text, NumberStyles.AllowLeadingSign, Plain, out var number) ? number : null,
            decimal => decimal.TryParse(text, DecimalStyle, Plain, out var number) ? number : null,
            DateOnly => DateOnly.TryParseExact(text, "yyyy-MM-dd", Plain, DateTimeStyles.None, out var date) ? date : null,
            bool => text switch { "true" => true, "false" => false, _ => null },
            _ when typeof(T) == typeof(string) => text,
            _ when typeof(T) == typeof(IndividualNumber) => IndividualNumber.TryParse(text, out var number) ? number : null,
            _ => throw Unfit(),
        };
        value = read is null ? default : (T)read;
        return read is not null;
    }

    /// <exception cref="ArgumentOutOfRangeException">Not a member of its enum.</exception>
    public static string Of(T value) => value switch
    {
        string text => text,
        int number => number.ToString(Plain),
        long number => number.ToString(Plain),
        decimal number => number == 0 ? "0" : number.ToString("0.############################", Plain),
        DateOnly date => date.ToString("yyyy-MM-dd", Plain),
        bool yes => yes ? "true" : "false",
        IndividualNumber number => number.Reveal(),
        _ when Codes is not null => Codes.TryGetValue(value, out var code) ? code : throw new ArgumentOutOfRangeException(nameof(value), $"Not a member of {typeof(T).Name}."),
        _ => throw Unfit(),
    };

    private static FrozenDictionary<string, T> MembersOf() => typeof(T).GetFields(BindingFlags.Public | BindingFlags.Static)
        .ToFrozenDictionary(
            field => field.GetCustomAttribute<ItemCodeAttribute>()?.Code ?? throw new NotSupportedException($"{typeof(T).Name}.{field.Name} bears no [ItemCode]."),
            field => (T)field.GetValue(null)!,
            StringComparer.Ordinal);

    private static NotSupportedException Unfit() => new($"{typeof(T).Name} is no type of a data item.");
}
