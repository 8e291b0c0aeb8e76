namespace InfoLink.Tests;

/// <summary>Where the checkout lies: vectors, samples and documents are read from it, never copied.</summary>
internal static class RepositoryRoot
{
    private static readonly string Root = Find();

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "InfoLink.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("The tests run inside a checkout: no InfoLink.sln above " + AppContext.BaseDirectory);
    }
}
