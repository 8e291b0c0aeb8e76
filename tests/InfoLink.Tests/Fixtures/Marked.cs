using System.Buffers.Text;
using System.Text;
using InfoLink.Contracts.Identifiers;
using Xunit;

namespace InfoLink.Tests.Fixtures;

/// <summary>
/// Values that must not be found in some place, in whatever form a program may have written them: raw, hexadecimal, base64 at each of its
/// three alignments, base64url, Crockford's base32, and as text.
/// </summary>
internal sealed class Marked
{
    private readonly List<(string What, byte[] Form)> _forms = [];

    public Marked Add(string what, byte[] secret)
    {
        Add(what + ", raw", secret, atLeast: 7);
        AddText(what + ", hex", Convert.ToHexStringLower(secret));
        AddText(what + ", HEX", Convert.ToHexString(secret));
        AddText(what + ", Crockford", Crockford.Encode(secret));
        for (var shift = 0; shift < 3; shift++)
        {
            // What surrounds the value shifts its base64: only the characters that it fills alone are looked for.
            byte[] padded = [.. new byte[shift], .. secret];
            var skip = shift == 0 ? 0 : shift + 1;
            var text = Convert.ToBase64String(padded)[skip..((padded.Length * 8) / 6)];
            AddText($"{what}, base64+{shift}", text);
            AddText($"{what}, base64url+{shift}", text.Replace('+', '-').Replace('/', '_'));
        }

        return this;
    }

    public Marked AddText(string what, string text)
    {
        Add(what, Encoding.UTF8.GetBytes(text), atLeast: 6);
        return this;
    }

    public Marked Add(string what, LinkCode code)
    {
        var bytes = new byte[LinkCode.ByteLength];
        code.CopyTo(bytes);
        return Add(what, bytes).Add(what + " without its epoch", bytes[1..]);
    }

    /// <summary>A token whole, its three parts, and its id.</summary>
    public Marked AddToken(string what, string token)
    {
        AddText(what, token);
        var parts = token.Split('.');
        AddText(what + "'s payload", parts[1]);
        AddText(what + "'s signature", parts[2]);
        using var payload = System.Text.Json.JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
        return Add(what + "'s jti", Base64Url.DecodeFromChars(payload.RootElement.GetProperty("jti").GetString()!));
    }

    /// <summary>The same without what was added under these names: it may be in the next place.</summary>
    public Marked Except(params string[] names)
    {
        var rest = new Marked();
        rest._forms.AddRange(_forms.Where(form => !names.Contains(form.What.Split(',')[0], StringComparer.Ordinal)));
        return rest;
    }

    /// <summary>The names of those found in the bytes; empty is good.</summary>
    public IReadOnlyList<string> FoundIn(ReadOnlySpan<byte> place)
    {
        var found = new List<string>();
        foreach (var (what, form) in _forms)
        {
            if (place.IndexOf(form) >= 0)
            {
                found.Add(what);
            }
        }

        return found;
    }

    public void AssertNotIn(string place) => AssertNotIn(Encoding.UTF8.GetBytes(place));

    public void AssertNotIn(ReadOnlySpan<byte> place) => Assert.Empty(FoundIn(place));

    /// <summary>In no file below the folder, whatever its name.</summary>
    public void AssertNotBelow(string folder)
    {
        // A lease is held, and never holds more than a mark; a socket holds nothing.
        var files = FilesInUse.ReadAll(() => Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(file => Path.GetExtension(file) is not (".lease" or ".sock")));
        Assert.NotEmpty(files);
        Assert.All(files, file => AssertNotIn(file.Value));
    }

    private void Add(string what, byte[] form, int atLeast)
    {
        if (form.Length < atLeast)
        {
            throw new ArgumentException($"{what} is too short to be looked for: chance would find it.", nameof(form));
        }

        _forms.Add((what, form));
    }
}
