using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace InfoLink.Agent.Host.Linking;

/// <summary>Work that tells how far it is, as a sequence: its steps, of which a slow reader misses some, and its end.</summary>
internal static class Steps
{
    /// <param name="work">Begun when the sequence is read.</param>
    /// <param name="tell">A step in words, and whether it is the last.</param>
    /// <param name="cancellation">Stops waiting; the work has its own.</param>
    public static async IAsyncEnumerable<TTold> OfAsync<TStep, TTold>(
        Func<IProgress<TStep>, Task<TStep>> work, Func<TStep, bool, TTold> tell, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var steps = Channel.CreateBounded<TStep>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        var working = RunAsync();
        await foreach (var step in steps.Reader.ReadAllAsync(cancellation))
        {
            yield return tell(step, false);
        }

        yield return tell(await working, true);

        async Task<TStep> RunAsync()
        {
            try
            {
                return await work(new Told<TStep>(steps.Writer));
            }
            finally
            {
                steps.Writer.Complete();
            }
        }
    }

    private sealed class Told<T>(ChannelWriter<T> writer) : IProgress<T>
    {
        public void Report(T value) => writer.TryWrite(value);
    }
}
