using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace InfoLink.Tests.Fuzzing;

/// <summary>
/// Gives a target one input after the other, all made from a seed, and watches: whatever is neither read nor refused by name, takes too long or too much
/// memory, or repeats a secret in its error is a finding, with the input in base64.
/// </summary>
internal sealed class FuzzRun(FuzzTarget target, int seed)
{
    /// <summary>Different findings that one run tells of before it ends.</summary>
    private const int Enough = 8;

    private const long LeastMemory = 64L * 1024 * 1024;
    private const long MemoryOfAByte = 512;
    private const int SecretPiece = 12;

    /// <summary>
    /// For one input. Several tries, of which the best counts: the machine has other work, and a reader that is slow is so each time.
    /// </summary>
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(2);

    /// <summary>No machine is that busy: it hangs.</summary>
    private static readonly TimeSpan Hung = TimeSpan.FromSeconds(90);

    /// <summary>What the framework says where nobody said anything.</summary>
    private static readonly string[] Unsaid =
    [
        "Object reference", "Exception of type", "was out of the range", "was outside the bounds", "Value cannot be null", "Input string was not", "Arithmetic operation",
        "The given key", "Sequence contains", "Unable to cast", "Nullable object", "Specified argument", "Operation is not valid", "identified items was in an invalid format",
    ];

    private readonly Dictionary<string, string> _findings = new(StringComparer.Ordinal);
    private byte[] _input = [];
    private long _began;

    public long Inputs { get; private set; }

    public long Taken { get; private set; }

    public long Refused { get; private set; }

    public IReadOnlyCollection<string> Findings => _findings.Values;

    /// <summary>First the corpus, which must be taken; then changed inputs for as long as is said, at least <paramref name="least"/>.</summary>
    public void For(TimeSpan length, int least = 20) => Watched(() =>
    {
        foreach (var good in target.Corpus)
        {
            if (!Try(good))
            {
                Find("a good input is refused", good, "A target that refuses its corpus tests nothing.");
            }
        }

        var began = Stopwatch.GetTimestamp();
        for (var number = 0L; (number < least || Stopwatch.GetElapsedTime(began) < length) && _findings.Count < Enough; number++)
        {
            Try(Mutation.Of(target.Form, target.Corpus, Chance.Of(seed, target.Name, number)));
        }
    });

    /// <summary>One input that was found before.</summary>
    public void Again(byte[] input) => Watched(() => Try(input));

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{target.Name}: {Inputs} inputs ({Taken} taken, {Refused} refused), seed {seed}{string.Concat(_findings.Values.Select(finding => "\n" + finding))}");

    /// <summary>On a thread of its own: what hangs can be told of, though not ended.</summary>
    private void Watched(Action work)
    {
        _began = Stopwatch.GetTimestamp();
        var worker = new Thread(() => work()) { IsBackground = true, Name = $"fuzz {target.Name}" };
        worker.Start();
        while (!worker.Join(TimeSpan.FromSeconds(1)))
        {
            if (Stopwatch.GetElapsedTime(Volatile.Read(ref _began)) > Hung)
            {
                Find("it hangs", _input, "");
                return;
            }
        }
    }

    private bool Try(byte[] input)
    {
        _input = input;
        Inputs++;
        var (taken, time) = Once(input);
        for (var again = 0; time > Slow && again < 4; again++)
        {
            time = new TimeSpan(Math.Min(time.Ticks, Once(input).Time.Ticks));
        }

        if (time > Slow)
        {
            Find("too slow", input, $"{time.TotalSeconds:0.0} s");
        }

        _ = taken ? Taken++ : Refused++;
        return taken;
    }

    private (bool Taken, TimeSpan Time) Once(byte[] input)
    {
        var memory = GC.GetAllocatedBytesForCurrentThread();
        var began = Stopwatch.GetTimestamp();
        Volatile.Write(ref _began, began);
        var taken = false;
        try
        {
            taken = target.Read(input);
        }
        catch (FuzzFindingException finding)
        {
            Find(finding.Message, input, "");
        }
        catch (Exception fault) when (target.Named.Contains(fault.GetType()))
        {
            Judge(fault, input);
        }
        catch (Exception fault)
        {
            Find($"an unnamed error, {fault.GetType().Name} {Place(fault)}", input, fault.ToString());
        }

        var time = Stopwatch.GetElapsedTime(began);
        memory = GC.GetAllocatedBytesForCurrentThread() - memory;
        if (memory > LeastMemory + (MemoryOfAByte * input.Length))
        {
            Find("too much memory", input, $"{memory / (1024 * 1024)} MiB for {input.Length} bytes");
        }

        return (taken, time);
    }

    private void Judge(Exception fault, byte[] input)
    {
        // What is told of an ended call is its status, to which a peer need add nothing; the cause in it is for whoever debugs.
        var said = fault is Grpc.Core.RpcException call ? $"{call.StatusCode}: {call.Status.Detail}" : fault.Message;
        if (string.IsNullOrWhiteSpace(said) || Unsaid.Any(text => said.Contains(text, StringComparison.Ordinal)))
        {
            Find($"an error that says nothing {Place(fault)}", input, fault.ToString());
        }

        if (target.IsSecret && Repeats(said, Encoding.UTF8.GetString(input)))
        {
            Find($"an error that repeats its input {Place(fault)}", input, fault.ToString());
        }
    }

    private static bool Repeats(string message, string input)
    {
        for (var at = 0; at + SecretPiece <= message.Length; at++)
        {
            if (input.Contains(message.Substring(at, SecretPiece), StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Where in our code: one cause is told once.</summary>
    private static string Place(Exception fault) =>
        (fault.StackTrace ?? "").Split('\n').FirstOrDefault(line => line.Contains("InfoLink", StringComparison.Ordinal))?.Trim() ?? "";

    private void Find(string what, byte[] input, string more)
    {
        lock (_findings)
        {
            _findings.TryAdd(what, $"{target.Name}: {what}\n{more}\nseed {seed}, input {Inputs} in base64:\n{Convert.ToBase64String(input)}");
        }
    }
}
