using System.Text;

namespace InfoLink.Tool.Catalogs;

/// <summary>Names for C#, made of what a catalog calls things: each once in its scope, the same for the same catalog.</summary>
internal sealed class ClassNames(params IEnumerable<string> taken)
{
    private readonly HashSet<string> _taken = new(taken, StringComparer.Ordinal);

    /// <summary>The name; where it stands already, with "Item" or a number behind it.</summary>
    public string Take(string name)
    {
        var free = name;
        for (var i = 1; !_taken.Add(free); i++)
        {
            free = i == 1 ? $"{name}Item" : $"{name}Item{i}";
        }

        return free;
    }

    /// <summary><c>municipal-inhabitant-tax</c> → <c>MunicipalInhabitantTax</c>; what does not begin with a letter gets <paramref name="prefix"/>.</summary>
    public static string Pascal(string text, string prefix)
    {
        var name = new StringBuilder();
        var isNewWord = true;
        foreach (var character in text)
        {
            if (!char.IsAsciiLetterOrDigit(character))
            {
                isNewWord = character != '\'';
                continue;
            }

            name.Append(isNewWord ? char.ToUpperInvariant(character) : character);
            isNewWord = false;
        }

        return name.Length > 0 && char.IsAsciiLetter(name[0]) ? name.ToString() : $"{prefix}{name}";
    }

    /// <summary>A namespace that C# takes: ASCII identifiers with points between them, none of them a keyword.</summary>
    public static bool IsNamespace(string text) => text.Split('.').All(part =>
        part.Length > 0 && (char.IsAsciiLetterUpper(part[0]) || part[0] == '_') && part.All(character => char.IsAsciiLetterOrDigit(character) || character == '_'));
}
