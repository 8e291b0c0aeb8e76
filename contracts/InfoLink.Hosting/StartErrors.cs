using InfoLink.Authoring;

namespace InfoLink.Hosting;

/// <summary>A host starts with everything in order, or says everything that is not, at once.</summary>
public static class StartErrors
{
    /// <exception cref="InvalidOperationException">There are errors: one line each.</exception>
    public static void Refuse(string what, IReadOnlyList<string> errors)
    {
        if (errors.Count > 0)
        {
            throw new InvalidOperationException($"{what}:{Environment.NewLine}  {string.Join(Environment.NewLine + "  ", errors)}");
        }
    }

    /// <summary>What an authored file holds.</summary>
    /// <exception cref="InvalidOperationException">The file has errors: one line each, with file and line.</exception>
    public static T Whole<T>(string what, Loaded<T> loaded)
        where T : class
    {
        Refuse(what, loaded is Loaded<T>.Broken broken ? [.. broken.Errors.Select(error => error.ToString())] : []);
        return ((Loaded<T>.Whole)loaded).Value;
    }
}
