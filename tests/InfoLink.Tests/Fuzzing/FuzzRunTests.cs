using System.Text;
using Xunit;

namespace InfoLink.Tests.Fuzzing;

/// <summary>The fuzzer finds what it is there for.</summary>
public sealed class FuzzRunTests
{
    private static readonly byte[] Good = "a good input; it has a length of 40."u8.ToArray();

    [Fact]
    public void It_finds_an_error_that_has_no_name() =>
        Assert.Contains("an unnamed error, IndexOutOfRangeException", Assert.Single(Fuzzed(input => input[30] == 'o' || input.Length > 30)), StringComparison.Ordinal);

    [Fact]
    public void It_finds_what_is_taken_and_must_not_be() => Assert.Contains(
        "taken", Assert.Single(Fuzzed(input => input.AsSpan().SequenceEqual(Good) ? true : throw new FuzzFindingException("taken"))), StringComparison.Ordinal);

    [Fact]
    public void It_finds_an_error_that_says_nothing() => Assert.Contains(
        "an error that says nothing",
        Assert.Single(Fuzzed(input => input.AsSpan().SequenceEqual(Good) ? true : throw new FormatException(), typeof(FormatException))),
        StringComparison.Ordinal);

    [Fact]
    public void It_finds_an_error_that_repeats_a_secret() => Assert.Contains(
        "an error that repeats its input",
        Assert.Single(Fuzzed(
            input => input.AsSpan().SequenceEqual(Good) ? true : throw new FormatException($"No code: '{Encoding.UTF8.GetString(input)}'."), typeof(FormatException))),
        StringComparison.Ordinal);

    [Fact]
    public void It_finds_memory_that_a_short_input_asks_for() => Assert.Contains(
        "too much memory", Assert.Single(Fuzzed(input => (input[^1] != '.' ? new byte[100_000_000] : []).Length == 0)), StringComparison.Ordinal);

    [Fact]
    public void It_finds_a_corpus_that_is_not_taken() => Assert.Contains("a good input is refused", Assert.Single(Fuzzed(_ => false)), StringComparison.Ordinal);

    [Fact]
    public void A_reader_that_refuses_by_name_passes()
    {
        var run = Run(input => input.AsSpan().SequenceEqual(Good) ? true : throw new FormatException("Not the one input."), typeof(FormatException));
        Assert.Empty(run.Findings);
        Assert.Equal(run.Inputs, run.Taken + run.Refused);
    }

    [Theory]
    [InlineData(nameof(Form.Bytes), "a good input")]
    [InlineData(nameof(Form.Text), "a good input")]
    [InlineData(nameof(Form.Json), """{"a":[1,"2",{"b":null}]}""")]
    [InlineData(nameof(Form.Canonical), """{"a":["1","2",{"b":"x"}]}""")]
    [InlineData(nameof(Form.Yaml), "a: 1\nb:\n  - c\n")]
    [InlineData(nameof(Form.Proto), "\n\u0003abc\u0010\u0005")]
    [InlineData(nameof(Form.Frames), "\0\0\0\0\u0005\n\u0003abc")]
    public void The_same_seed_gives_the_same_inputs_and_they_differ(string form, string text)
    {
        byte[][] corpus = [Encoding.UTF8.GetBytes(text), Encoding.UTF8.GetBytes(text + text)];
        List<string> Made(int seed) => [.. Enumerable.Range(0, 300)
            .Select(number => Convert.ToBase64String(Mutation.Of(Enum.Parse<Form>(form), corpus, Chance.Of(seed, "target", number))))];
        Assert.Equal(Made(1), Made(1));
        Assert.NotEqual(Made(1), Made(2));
        Assert.True(Made(1).Distinct(StringComparer.Ordinal).Count() > 150);
    }

    private static IReadOnlyCollection<string> Fuzzed(Func<byte[], bool> read, params Type[] named) => Run(read, named).Findings;

    private static FuzzRun Run(Func<byte[], bool> read, params Type[] named)
    {
        var run = new FuzzRun(new FuzzTarget("itself", Form.Bytes, [Good], read, named) { IsSecret = true }, seed: 1);
        run.For(TimeSpan.Zero, least: 500);
        return run;
    }
}
