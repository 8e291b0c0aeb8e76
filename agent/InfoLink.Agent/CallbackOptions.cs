using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace InfoLink.Agent;

/// <summary>
/// Where a system wants to be told that people elsewhere have answered a question of its own, or have not until the deadline. The notice names the exchange and nobody; the answer is then collected
/// (<c>POST /v1/pending/{exchange}/collect</c>). It is signed as Standard Webhooks says: <c>webhook-signature</c> is <c>v1,</c> and HMAC-SHA-256, in base64, of <c>webhook-id.webhook-timestamp.body</c>.
/// </summary>
public sealed class CallbackOptions
{
    private const string SecretPrefix = "whsec_";
    private const int ShortestSecret = 24;
    private const int LongestSecret = 64;

    /// <summary><c>http</c> to a loopback address of this host, or <c>https</c>. That host is called and no other: no redirection is followed, and no proxy of the environment is used.</summary>
    public string Url { get; set; } = "";

    /// <summary>Where the secret stands that signs: <c>file:NAME</c>, readable by its owner alone, <c>credential:NAME</c> (systemd) or <c>env:NAME</c>. It is <c>whsec_</c> with 24 to 64 bytes in base64 behind it; <c>infolink-agent key</c> makes one.</summary>
    public string Secret { get; set; } = "";

    /// <summary>For https: SHA-256, in base64url, of the public key (SubjectPublicKeyInfo) that the host's certificate must have; whoever issued it then does not matter. Empty: an issuer that this host's system trusts.</summary>
    public string Pin { get; set; } = "";

    /// <summary>The URL, where it is one that may be called.</summary>
    internal Uri? Address => Uri.TryCreate(Url, UriKind.Absolute, out var url) && url.UserInfo.Length == 0 && url.Fragment.Length == 0 && url.Host.Length > 0
        && (string.Equals(url.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal)
            || (string.Equals(url.Scheme, Uri.UriSchemeHttp, StringComparison.Ordinal) && IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address)))
        ? url : null;

    internal byte[]? PinOrNull
    {
        get
        {
            var pin = new byte[SHA256.HashSizeInBytes];
            return Base64Url.IsValid(Pin, out var length) && length == pin.Length && Base64Url.TryDecodeFromChars(Pin, pin, out _) ? pin : null;
        }
    }

    internal static IEnumerable<string> ErrorsOf(AgentOptions options) => options.Local.Keys.Where(key => key?.Callback is not null)
        .SelectMany(key => key.Callback!.Errors(options).Select(error => $"local: keys: {key.Name}: callback: {error}"));

    /// <summary>The signing key.</summary>
    /// <exception cref="InvalidOperationException">It cannot be read, or is none; no message shows it.</exception>
    internal byte[] ReadSecret(AgentOptions options)
    {
        var text = Sources.Secret.Read(Secret, options);
        var key = new byte[LongestSecret];
        return text.StartsWith(SecretPrefix, StringComparison.Ordinal) && Convert.TryFromBase64String(text[SecretPrefix.Length..], key, out var length) && length >= ShortestSecret
            ? key[..length]
            : throw new InvalidOperationException($"the secret is {SecretPrefix} with {ShortestSecret} to {LongestSecret} bytes in base64 behind it.");
    }

    /// <summary>A new secret, as systems and <see cref="Secret"/> hold it.</summary>
    public static string NewSecret() => SecretPrefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes));

    /// <summary>What <c>webhook-signature</c> is for this notice.</summary>
    internal static string Sign(ReadOnlySpan<byte> key, string id, string timestamp, ReadOnlySpan<byte> body)
    {
        byte[] signed = [.. Encoding.ASCII.GetBytes($"{id}.{timestamp}."), .. body];
        return $"v1,{Convert.ToBase64String(HMACSHA256.HashData(key, signed))}";
    }

    private IEnumerable<string> Errors(AgentOptions options)
    {
        if (Address is null)
        {
            yield return "url: https, or http to a loopback address such as http://127.0.0.1:9000/infolink; without user and fragment.";
        }

        if (Pin.Length > 0 && (PinOrNull is null || Address is { Scheme: "http" }))
        {
            yield return "pin: 32 bytes in base64url, for https alone.";
        }

        if (!Sources.Secret.IsReference(Secret))
        {
            yield return "secret: 'file:…', 'credential:…' or 'env:…'; the secret itself never stands in agent.json.";
        }
        else if (WhyNotSecret(options) is { } why)
        {
            yield return $"secret: {why}";
        }
    }

    private string? WhyNotSecret(AgentOptions options)
    {
        try
        {
            CryptographicOperations.ZeroMemory(ReadSecret(options));
            return null;
        }
        catch (InvalidOperationException fault)
        {
            return fault.Message;
        }
    }
}
