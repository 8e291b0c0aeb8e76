using System.CommandLine;
using InfoLink.Hosting;
using InfoLink.Numbering;

return await Commands.Root().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = ServerLife.StopWithin });
