namespace InfoLink.Agent.Host.Desk;

/// <summary>A file of the back-office page; they are in the program, so that there is nothing to install and nothing to change on disk.</summary>
internal sealed record DeskFile(string Name, string Type, byte[] Bytes)
{
    public static DeskFile Page { get; } = Read("desk.html", "text/html; charset=utf-8");

    public static IReadOnlyList<DeskFile> Others { get; } =
    [
        Read("desk.css", "text/css; charset=utf-8"),
        Read("desk.js", "text/javascript; charset=utf-8"),
        Read("parts.js", "text/javascript; charset=utf-8"),
        Read("texts.js", "text/javascript; charset=utf-8"),
        Read("views.js", "text/javascript; charset=utf-8"),
        Read("question.js", "text/javascript; charset=utf-8"),
    ];

    private static DeskFile Read(string name, string type)
    {
        using var stream = typeof(DeskFile).Assembly.GetManifestResourceStream($"desk/{name}")!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return new DeskFile(name, type, bytes.ToArray());
    }
}
