using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using InfoLink.Contracts.Catalog;

namespace InfoLink.Agent.Typed;

/// <summary>
/// A data item of a class that <c>infolink catalog classes</c> made: a value, or the reason why there is none, or left out, which a layout allows for items that are not required.
/// The default is left out. It never prints its value.
/// </summary>
/// <typeparam name="T"><c>string</c>, <c>DateOnly</c>, <c>int</c>, <c>long</c>, <c>decimal</c>, <c>bool</c>, <c>IndividualNumber</c>, or an enum whose members bear an <see cref="ItemCodeAttribute"/>.</typeparam>
[DebuggerDisplay("{ToString(),nq}")]
[SuppressMessage("Usage", "CA2225", Justification = "Of and Absent are what the conversions are called.")]
public readonly struct Item<T> : IEquatable<Item<T>>
    where T : notnull
{
    [DebuggerBrowsable(DebuggerBrowsableState.Never)] private readonly T? _value;

    private Item(T? value, bool hasValue, AbsenceReason? absence) => (_value, HasValue, Absence) = (value, hasValue, absence);

    /// <summary>There is a value.</summary>
    public bool HasValue { get; }

    /// <summary>Why there is none; null where there is one, and where the item was left out.</summary>
    public AbsenceReason? Absence { get; }

    /// <summary>Neither value nor reason.</summary>
    public bool IsLeftOut => !HasValue && Absence is null;

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">There is none; the message says why.</exception>
    public T Value => HasValue ? _value! : throw new InvalidOperationException($"The item has no value: {Absence?.Id ?? "left out"}. Look at HasValue first.");

    /// <summary>An item with a value.</summary>
    public static Item<T> Of(T value) => new(value, hasValue: true, absence: null);

    /// <summary>An item without one.</summary>
    public static Item<T> Absent(AbsenceReason reason) => new(default, hasValue: false, reason);

    public static implicit operator Item<T>(T value) => Of(value);

    public static implicit operator Item<T>(AbsenceReason reason) => Absent(reason);

    public static bool operator ==(Item<T> left, Item<T> right) => left.Equals(right);

    public static bool operator !=(Item<T> left, Item<T> right) => !left.Equals(right);

    /// <summary>The value, or another where there is none.</summary>
    public T ValueOr(T other) => HasValue ? _value! : other;

    /// <inheritdoc/>
    public bool Equals(Item<T> other) => HasValue == other.HasValue && Absence == other.Absence && EqualityComparer<T>.Default.Equals(_value, other._value);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Item<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(HasValue, Absence, _value);

    /// <summary>"(a value)", "(absent)" or "(left out)".</summary>
    public override string ToString() => HasValue ? "(a value)" : Absence is null ? "(left out)" : "(absent)";
}

/// <summary>The code of a member of a code list, as the catalog writes it: <c>"02"</c>.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class ItemCodeAttribute(string code) : Attribute
{
    /// <summary>The code.</summary>
    public string Code { get; } = code;
}
