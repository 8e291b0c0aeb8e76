using System.Collections.Concurrent;
using System.Data.Common;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace InfoLink.Agent.Sources.Drivers;

/// <summary>Loads a driver that <c>agent.json</c> names, once for as long as the process lives, in a place of its own: what it needs of its own does not meet what the agent needs.</summary>
internal static class Driver
{
    private static readonly ConcurrentDictionary<(string Folder, string Sha256, string Factory), Lazy<DbProviderFactory>> Loaded = new();

    /// <exception cref="InvalidOperationException">Its files are others than agent.json says, or it is no driver for this host.</exception>
    public static DbProviderFactory Load(DriverOptions driver, AgentOptions options) => Loaded.GetOrAdd(
        (options.Full(driver.Folder), driver.Sha256, driver.Factory),
        static of => new Lazy<DbProviderFactory>(() => Load(of.Folder, of.Sha256, of.Factory), LazyThreadSafetyMode.PublicationOnly)).Value; // What failed is tried again.

    private static DbProviderFactory Load(string folder, string sha256, string factory)
    {
        var files = DriverFolder.Read(folder);
        files.Require(sha256);
        if (factory.Split(',') is not [var typeName, var assembly])
        {
            throw new InvalidOperationException($"The driver in '{folder}' has no factory 'Type, Assembly'.");
        }

        try
        {
            var type = new Context(files).LoadFromAssemblyName(new AssemblyName(assembly.Trim())).GetType(typeName.Trim(), throwOnError: true)!;

            // As every provider has it, since ADO.NET 2.0: a field, or a property.
            const BindingFlags Static = BindingFlags.Public | BindingFlags.Static;
            return (type.GetField("Instance", Static)?.GetValue(null) ?? type.GetProperty("Instance", Static)?.GetValue(null)) as DbProviderFactory
                ?? throw new InvalidOperationException($"'{factory}' in '{folder}' is no provider factory with a public static Instance. infolink-agent driver shows which there are.");
        }
        catch (Exception fault) when (fault is IOException or BadImageFormatException or TypeLoadException or TargetInvocationException or ArgumentException)
        {
            throw new InvalidOperationException($"The driver in '{folder}' cannot be loaded: {(fault as TargetInvocationException)?.InnerException?.Message ?? fault.Message} It must be for .NET and this host ({RuntimeInformation.RuntimeIdentifier}), with all that it needs.", fault);
        }
    }

    /// <summary>What is in the folder comes from there, as it was looked at; all else (the framework) from the agent.</summary>
    private sealed class Context(DriverFolder files) : AssemblyLoadContext("driver")
    {
        protected override Assembly? Load(AssemblyName assemblyName)
        {
            var name = assemblyName.CultureName is { Length: > 0 } culture ? $"{culture}/{assemblyName.Name}.dll" : $"{assemblyName.Name}.dll";
            return files.Find(name) is { } image ? LoadFromStream(new MemoryStream(image)) : null;
        }

        protected override nint LoadUnmanagedDll(string unmanagedDllName)
        {
            foreach (var file in (string[])[unmanagedDllName, $"lib{unmanagedDllName}.so", $"{unmanagedDllName}.so", $"{unmanagedDllName}.dll"])
            {
                foreach (var name in (string[])[file, $"runtimes/{RuntimeInformation.RuntimeIdentifier}/native/{file}", $"runtimes/linux-x64/native/{file}"])
                {
                    if (files.Find(name) is not null)
                    {
                        return LoadUnmanagedDllFromPath(Path.GetFullPath(files.PathOf(name)));
                    }
                }
            }

            return 0;
        }
    }
}
