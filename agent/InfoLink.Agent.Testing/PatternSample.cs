using System.Text;

namespace InfoLink.Agent.Testing;

/// <summary>
/// A text for a simple pattern: literals, character classes, groups, alternatives (the first one), <c>{n}</c>, <c>{n,m}</c>, <c>?</c>, <c>*</c>, <c>+</c>. What it makes of another pattern
/// does not match, and whoever asked finds that out by the pattern itself.
/// </summary>
internal sealed class PatternSample
{
    private readonly string _pattern;
    private readonly int _filling;
    private int _at;

    private PatternSample(string pattern, int filling) => (_pattern, _filling) = (pattern, filling);

    /// <param name="pattern">As the catalog writes it.</param>
    /// <param name="minLength">Of the whole text: what repeats without end repeats so often.</param>
    /// <returns>Null where the pattern is beyond this.</returns>
    public static string? Of(string pattern, int minLength)
    {
        try
        {
            var sample = new PatternSample(pattern, Math.Max(1, minLength));
            var text = sample.Alternatives();
            return sample._at == pattern.Length ? text : null;
        }
        catch (Exception fault) when (fault is FormatException or IndexOutOfRangeException or OverflowException)
        {
            return null; // Not a pattern of this kind: the caller says that a value has to be given.
        }
    }

    private bool More => _at < _pattern.Length;

    private string Alternatives()
    {
        var first = Sequence();
        while (More && _pattern[_at] == '|')
        {
            _at++;
            Sequence();
        }

        return first;
    }

    private string Sequence()
    {
        var text = new StringBuilder();
        while (More && _pattern[_at] is not ('|' or ')'))
        {
            var piece = Piece();
            var times = Times();
            for (var i = 0; i < times; i++)
            {
                text.Append(piece);
            }
        }

        return text.ToString();
    }

    private string Piece()
    {
        var character = _pattern[_at++];
        switch (character)
        {
            case '(':
                if (_pattern.AsSpan(_at).StartsWith("?:", StringComparison.Ordinal))
                {
                    _at += 2;
                }

                var inner = Alternatives();
                _at = _pattern[_at] == ')' ? _at + 1 : throw new FormatException("A group has no end.");
                return inner;
            case '[':
                return Class().ToString();
            case '\\':
                return _pattern[_at++] switch
                {
                    'd' => "1",
                    'w' => "a",
                    's' => " ",
                    var letter when char.IsAsciiLetterOrDigit(letter) => throw new FormatException("Beyond this."),
                    var plain => plain.ToString(),
                };
            case '.':
                return "あ";
            default:
                return character.ToString();
        }
    }

    /// <summary>The first character of a class; of its range where it is one.</summary>
    private char Class()
    {
        var first = _pattern[_at] is '^' or '\\' ? throw new FormatException("Beyond this.") : _pattern[_at++];
        while (_pattern[_at] != ']')
        {
            _at++;
        }

        _at++;
        return first;
    }

    private int Times()
    {
        if (!More)
        {
            return 1;
        }

        switch (_pattern[_at])
        {
            case '?':
                _at++;
                return 0;
            case '*':
            case '+':
                _at++;
                return _filling;
            case '{':
                var end = _pattern.IndexOf('}', _at);
                var least = int.Parse(_pattern.AsSpan(_at + 1, end - _at - 1).ToString().Split(',')[0]);
                _at = end + 1;
                return least;
            default:
                return 1;
        }
    }
}
