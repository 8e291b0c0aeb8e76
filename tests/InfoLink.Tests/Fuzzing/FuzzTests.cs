using System.Globalization;
using Xunit;

namespace InfoLink.Tests.Fuzzing;

/// <summary>
/// Every parser of what comes from outside, on inputs made from real exchanges: a minute in all with the other tests, for hours by
/// <c>tests/fuzz --minutes 60 [--target NAME] [--seed N]</c>. A finding prints its input; <c>tests/fuzz --target NAME --input BASE64</c> gives it again.
/// </summary>
[Collection(nameof(RealExchanges))]
public sealed class FuzzTests(RealExchanges real)
{
    private const double SecondsInCi = 45;

    public static TheoryData<string> Names =>
    [
        "rpc-frames", "rpc-response", "rpc-request-head", "rpc-refusal", "authorize-request", "authorize-reply", "redeem-request", "redeem-reply", "settle-request", "fetch-request", "answer-stream",
        "answer-payload", "watch-replies", "add-checkpoint", "add-checkpoint-reply", "join-request", "join-reply", "token", "token-payload", "token-signed-payload", "token-signed-header", "grant", "grant-sealed",
        "envelope", "directory-signed", "authority-document", "members-document", "catalog-document", "directory-document", "catalog-yaml", "members-yaml", "link-code", "link-code-bytes", "id-code",
        "resident-record-code", "join-code", "join-code-body", "exchange-id", "fingerprint", "token-id", "agency-id", "catalog-names", "spiffe-name", "endpoint", "pkcs11-uri", "note-key", "note-signature", "tile-path",
        "tile-entries-path", "conditions", "public-key", "note", "checkpoint-text", "checkpoint-signed", "cosignature", "receipt", "receipt-of-token", "consistency-proof", "open-part", "tlog-proof", "entry-bundle",
        "record-file", "bundle-about", "fork-evidence", "bundle", "sealed-answer", "encapsulated-key", "answer-signature", "content-seal", "leaf-certificate", "broker-json", "agent-json", "folders-json", "service-json", "folder-file-name", "switches-json", "local-question", "local-questions", "operators-csv",
        "name-form", "kana-form", "address-form", "birth-form", "individual-number", "corporate-number", "local-government-code", "corporate-csv", "match-json", "link-ticket", "link-ticket-body", "identity-check",
        "match-request", "make-ticket-request", "code-authority-json", "numbering-json", "registry-json", "replica-csv", "replica-fixed",
    ];

    private static string? Given(string name) => Environment.GetEnvironmentVariable($"INFOLINK_FUZZ_{name}") is { Length: > 0 } given ? given : null;

    private static double Seconds => double.Parse(Given("SECONDS") ?? SecondsInCi.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    [Theory]
    [MemberData(nameof(Names))]
    public void Whatever_comes_in_is_read_or_refused_by_name(string name)
    {
        var only = Given("TARGET");
        Assert.SkipWhen(only is not null && !string.Equals(only, name, StringComparison.Ordinal), "Another target was asked for.");
        var targets = real.Targets;
        var target = targets.Single(target => string.Equals(target.Name, name, StringComparison.Ordinal));

        // What must hold before anything lands does not hang on luck: there the seed is always the same, and by hand it is another one each time.
        var seed = Given("SEED") is { } given ? int.Parse(given, CultureInfo.InvariantCulture)
            : Environment.GetEnvironmentVariable("CI") is "true" ? 1
            : System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue);
        var run = new FuzzRun(target, seed);
        if (Given("INPUT") is { } input)
        {
            run.Again(Convert.FromBase64String(input));
        }
        else
        {
            run.For(TimeSpan.FromSeconds(only is null ? Seconds * target.Weight / targets.Sum(one => one.Weight) : Seconds));
        }

        Say($"{run}");
        Assert.True(run.Findings.Count == 0, string.Join("\n\n", run.Findings));
    }

    [Fact]
    public void Every_target_has_its_turn()
    {
        Assert.Equal(real.Targets.Select(target => target.Name).Order(StringComparer.Ordinal), Names.Select(row => row.Data).Order(StringComparer.Ordinal));
    }

    private static void Say(string line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        if (Given("SECONDS") is not null || Given("INPUT") is not null)
        {
            Console.WriteLine(line);
        }
    }
}

/// <summary>One network for all that is fuzzed.</summary>
[CollectionDefinition(nameof(RealExchanges))]
public sealed class RealExchangesCollection : ICollectionFixture<RealExchanges>;
