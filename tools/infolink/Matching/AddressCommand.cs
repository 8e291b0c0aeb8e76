using System.CommandLine;
using System.Text;
using InfoLink.Matching;

namespace InfoLink.Tool.Matching;

/// <summary><c>infolink address</c>: addresses in normal form, a line for each line.</summary>
internal static class AddressCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "A text file in UTF-8 with one address a line; '-' reads standard input." };
        var command = Commands.New(
            "address",
            "Print the normal form of each line's address, one line for each: nothing is invented, what cannot be understood stays as it is written.",
            "address addresses.txt");
        command.Add(file);
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            var path = parsed.GetValue(file)!;
            await using var input = path is "-" ? Console.OpenStandardInput() : File.OpenRead(path);
            using var lines = new StreamReader(input, Encoding.UTF8);
            await using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            var line = new StringBuilder();
            var buffer = new char[4096];
            while (await lines.ReadAsync(buffer, cancellation) is > 0 and var read)
            {
                foreach (var each in buffer.AsMemory(0, read).ToArray())
                {
                    if (each == '\n')
                    {
                        await WriteAsync(output, line);
                    }
                    else
                    {
                        line.Append(each);
                    }
                }
            }

            if (line.Length > 0)
            {
                await WriteAsync(output, line);
            }

            return Ending.Well;
        }));
        return command;
    }

    /// <summary>Only a line feed ends a line, so that any other control character leaves the count of lines as it is.</summary>
    private static async Task WriteAsync(StreamWriter output, StringBuilder line)
    {
        await output.WriteAsync(PlaceForm.TextOf(line.ToString()));
        await output.WriteAsync('\n');
        line.Clear();
    }
}
