using InfoLink.Hosting;
using InfoLink.Tests.EndToEnd;
using Xunit;

namespace InfoLink.Tests.Running;

/// <summary>What a service manager gives a process alone, by name.</summary>
public sealed class SecretPlaceTests
{
    private const string Folder = "CREDENTIALS_DIRECTORY";

    [Fact]
    public void A_credential_is_read_from_the_managers_folder_whatever_its_mode_and_no_further()
    {
        using var files = new TemporaryFolder();
        Directory.CreateDirectory(files.Path("given"));
        File.WriteAllText(files.Path("given", "tax-db"), "Host=db;Password=4711\n"); // Where there are access lists, the group's bits show theirs.
        File.WriteAllText(files.Path("given", "empty"), "\n");
        File.WriteAllText(files.Path("outside"), "not given");
        Assert.Contains("LoadCredential=", WhyNot("credential:tax-db"), StringComparison.Ordinal);
        Environment.SetEnvironmentVariable(Folder, files.Path("given"));
        try
        {
            Assert.True(SecretPlace.IsReference("credential:tax-db"));
            Assert.Equal("Host=db;Password=4711", SecretPlace.Read("credential:tax-db", "/"));
            Assert.Contains("'other' cannot be read", WhyNot("credential:other"), StringComparison.Ordinal);
            Assert.Contains("is empty", WhyNot("credential:empty"), StringComparison.Ordinal);
            Assert.All(["credential:../outside", "credential:", "credential:..", "credential:a\0"], place => Assert.Contains("a credential alone", WhyNot(place), StringComparison.Ordinal));
            Assert.Contains("open to others", WhyNot("file:tax-db"), StringComparison.Ordinal); // A file of the agent's own is held to its mode.
        }
        finally
        {
            Environment.SetEnvironmentVariable(Folder, value: null);
        }

        string WhyNot(string place) => Assert.Throws<InvalidOperationException>(() => SecretPlace.Read(place, files.Path("given"))).Message;
    }
}
