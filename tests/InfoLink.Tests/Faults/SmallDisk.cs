using System.Diagnostics;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>A folder that lies on a disk of its own of a few MB (tmpfs), which the test can fill and clear.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const string Size = "8m";
    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    private string Filler => Path.Combine(_folder, "filler");

    /// <summary>Puts what the folder holds onto a disk in its place. Where nothing may be mounted the test is skipped and says so.</summary>
    public static async Task<SmallDisk> MountAsync(string folder)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "A small disk is mounted as root on Linux.");
        var before = folder + ".before";
        Directory.Move(folder, before);
        Directory.CreateDirectory(folder);
        if (await RunAsync("mount", "-t", "tmpfs", "-o", $"size={Size},mode=0700", "tmpfs", folder) != 0)
        {
            Assert.Skip("tmpfs may not be mounted here.");
        }

        var disk = new SmallDisk(folder);
        foreach (var file in Directory.EnumerateFiles(before))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        return disk;
    }

    /// <summary>Not a byte more fits.</summary>
    public void Fill()
    {
        using var filler = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[64 * 1024];
        for (var length = block.Length; length > 0;)
        {
            try
            {
                filler.Write(block.AsSpan(0, length));
            }
            catch (IOException)
            {
                length /= 2;
            }
        }
    }

    public void Clear() => File.Delete(Filler);

    public async ValueTask DisposeAsync() => await RunAsync("umount", "-l", _folder);

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
