using System.Diagnostics;
using System.Security.Cryptography;
using InfoLink.Broker.Codes;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Bench.Scenarios;

/// <summary>
/// Bulk code conversion: one requester's link codes to persons to the provider's link codes, on one thread. The floor is the two passes of AES-256-ECB that
/// this cannot do without, one to decipher and one to encipher as many blocks, under keys that are set up already.
/// </summary>
internal static class CodesScenario
{
    private const byte Epoch = 7;
    private static readonly AgencyId Requester = AgencyId.Parse("141003");
    private static readonly AgencyId Provider = AgencyId.Parse("131121");

    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchRun run)
    {
        using var masters = new CodeMasters();
        masters.Add(Epoch, RandomNumberGenerator.GetBytes(32));
        var cipher = new LinkCodeCipher(masters);
        var figures = new List<Figure>();
        foreach (var count in (int[])[1_000, 10_000])
        {
            using var bare = new BareBlocks(count);
            var persons = Enumerable.Range(0, count).Select(number => IdCode.Create(IdCodeKind.Test, (ulong)number, generation: 0)).ToArray();
            var (own, ids, others) = (new LinkCode[count], new IdCode[count], new LinkCode[count]);
            cipher.EncodeAll(persons, Requester, Epoch, own);
            var rounds = await run.ByTurnsAsync(
                share => RateAsync(share, () =>
                {
                    if (cipher.DecodeAll(own, Requester, [Epoch], ids) != count)
                    {
                        throw new InvalidOperationException("Link codes were refused.");
                    }

                    cipher.EncodeAll(ids, Provider, Epoch, others);
                }),
                share => RateAsync(share, bare.Pass));
            if (!ids.AsSpan().SequenceEqual(persons) || others[0].Equals(own[0]) || !cipher.TryDecode(others[^1], Provider, [Epoch], out var last) || !last.Equals(persons[^1]))
            {
                throw new InvalidOperationException("The provider's link codes are not those of the same persons.");
            }

            figures.Add(Figure.Of(
                $"code conversion, {count:N0} at a time",
                "million/s",
                [.. rounds[0].Select(rate => rate * count / 1e6)],
                [.. rounds[1].Select(rate => rate * count / 1e6)],
                new Aim(0.6, AtLeast: true)));
        }

        return figures;
    }

    internal static Task<double> RateAsync(TimeSpan duration, Action pass) => Task.Run(() =>
    {
        var passes = 0;
        var began = Stopwatch.GetTimestamp();
        do
        {
            pass();
            passes++;
        }
        while (Stopwatch.GetElapsedTime(began) < duration);

        return passes / Stopwatch.GetElapsedTime(began).TotalSeconds;
    });

    /// <summary>One pass to decipher and one to encipher, under keys that are set up already.</summary>
    internal sealed class BareBlocks : IDisposable
    {
        private const int BlockLength = 16;
        private readonly Aes _first = Aes.Create();
        private readonly Aes _second = Aes.Create();
        private readonly ICryptoTransform _decryptor;
        private readonly ICryptoTransform _encryptor;
        private readonly byte[] _blocks;

        public BareBlocks(int count)
        {
            _blocks = RandomNumberGenerator.GetBytes(count * BlockLength);
            foreach (var aes in (Aes[])[_first, _second])
            {
                (aes.Mode, aes.Padding, aes.Key) = (CipherMode.ECB, PaddingMode.None, RandomNumberGenerator.GetBytes(32));
            }

            (_decryptor, _encryptor) = (_first.CreateDecryptor(), _second.CreateEncryptor());
        }

        public void Pass()
        {
            if (_decryptor.TransformBlock(_blocks, 0, _blocks.Length, _blocks, 0) != _blocks.Length
                || _encryptor.TransformBlock(_blocks, 0, _blocks.Length, _blocks, 0) != _blocks.Length)
            {
                throw new InvalidOperationException("Not all blocks were transformed.");
            }
        }

        public void Dispose()
        {
            _decryptor.Dispose();
            _encryptor.Dispose();
            _first.Dispose();
            _second.Dispose();
        }
    }
}
