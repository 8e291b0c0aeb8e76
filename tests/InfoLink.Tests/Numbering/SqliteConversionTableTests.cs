using System.Text;
using InfoLink.Numbering.Individuals;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Numbering;

public sealed class SqliteConversionTableTests : ConversionTableContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_second_process_is_refused_while_the_first_lives()
    {
        await using (Open())
        {
            var fault = Assert.Throws<IOException>(() => Open());
            Assert.Contains("Another process", fault.Message, StringComparison.Ordinal);
        }

        await using var next = Open();
    }

    private protected override INumberStore Open(byte[] keyCheck) => SqliteNumberStore.Open(_folder.Path("numbers.db"), keyCheck);

    /// <summary>The file's bytes as they are, and in hexadecimal.</summary>
    private protected override Task<string> DumpAsync()
    {
        var bytes = FilesInUse.Read(_folder.Path("numbers.db"));
        return Task.FromResult(Encoding.Latin1.GetString(bytes) + Convert.ToHexStringLower(bytes));
    }
}
