using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Typed;

/// <summary>An information kind as a class; <c>infolink catalog classes</c> writes them from a catalog's layouts.</summary>
/// <typeparam name="TSelf">The class itself.</typeparam>
public interface IInformation<TSelf>
    where TSelf : class, IInformation<TSelf>
{
    /// <summary>The kind.</summary>
    static abstract KindId Kind { get; }

    /// <summary>From the items of an answer. Items that the class does not know, because the catalog has grown since it was made, are passed over.</summary>
    /// <exception cref="Contracts.Refusals.RefusedException">LAYOUT-VIOLATION, with kind, item and rule: a required item is missing, or a text is not one of the item's type, e.g. a code that the class does not know.</exception>
    static abstract TSelf From(IReadOnlyDictionary<string, ItemAnswer> items);

    /// <summary>For a source. What is left out stays out; the agent holds the rest against the layout in force.</summary>
    Items ToItems();
}
