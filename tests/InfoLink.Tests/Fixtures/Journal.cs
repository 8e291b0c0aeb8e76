using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.Fixtures;

/// <summary>
/// Everything that the parts under test log, kept for reading. An error that no test announced with <see cref="Expect"/> fails the test
/// at the end, whatever it asserted before.
/// </summary>
internal sealed class Journal : ILoggerProvider
{
    private readonly ConcurrentQueue<JournalLine> _lines = new();
    private readonly ConcurrentDictionary<string, bool> _expected = new(StringComparer.Ordinal);

    public Journal() => Loggers = LoggerFactory.Create(logging => logging
        .AddProvider(this)
        .SetMinimumLevel(LogLevel.Debug)
        .AddFilter("Microsoft", LogLevel.Information));

    /// <summary>Give this to what is tested.</summary>
    public ILoggerFactory Loggers { get; }

    public IReadOnlyList<JournalLine> Lines => [.. _lines];

    /// <summary>Errors whose text or exception holds one of these words are part of the test.</summary>
    public void Expect(params IEnumerable<string> words)
    {
        foreach (var word in words)
        {
            _expected[word] = true;
        }
    }

    /// <summary>Call it last: what went wrong unseen is seen here.</summary>
    public void AssertNoUnexpectedError() => Assert.DoesNotContain(_lines, line =>
        line.Level >= LogLevel.Error && !_expected.Keys.Any(word => line.Text.Contains(word, StringComparison.Ordinal)));

    public ILogger CreateLogger(string categoryName) => new Category(categoryName, _lines);

    public void Dispose()
    {
    }

    private sealed class Category(string category, ConcurrentQueue<JournalLine> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(new JournalLine(logLevel, category, eventId.Name ?? "", $"{formatter(state, exception)} {exception}"));
    }
}

/// <summary>One logged line, its exception included.</summary>
internal sealed record JournalLine(LogLevel Level, string Category, string Event, string Text);
