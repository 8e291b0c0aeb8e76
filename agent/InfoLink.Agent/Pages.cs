using System.Runtime.CompilerServices;

namespace InfoLink.Agent;

/// <summary>A list read page by page, so that whoever looks for few among many needs no more of it than until they are found.</summary>
internal static class Pages
{
    public const int Size = 1_000;

    /// <param name="read">So many rows (<see cref="Size"/>) from this place on, in an order that stays. What changes meanwhile may be seen twice or not at all.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async IAsyncEnumerable<T> EachAsync<T>(Func<int, Task<IReadOnlyList<T>>> read, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var from = 0; ; from += Size)
        {
            var page = await read(from);
            foreach (var row in page)
            {
                cancellation.ThrowIfCancellationRequested();
                yield return row;
            }

            if (page.Count < Size)
            {
                yield break;
            }
        }
    }
}
