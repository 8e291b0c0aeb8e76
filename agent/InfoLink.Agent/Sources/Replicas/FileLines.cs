using System.Security.Cryptography;

namespace InfoLink.Agent.Sources.Replicas;

/// <summary>A file's lines as bytes, and its digest: read once, in a buffer that does not grow, however long the file or a line of it is.</summary>
internal sealed class FileLines(Stream file, int longest) : IDisposable
{
    private const int BufferSize = 128 * 1024;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = new byte[Math.Max(BufferSize, 2 * longest)];
    private int _start;
    private int _end;
    private bool _isRead;
    private int _from;
    private int _length;

    /// <summary>Without its end; good until the next one.</summary>
    public ReadOnlySpan<byte> Line => _buffer.AsSpan(_from, _length);

    /// <summary>From 1.</summary>
    public long Number { get; private set; }

    /// <summary>The line is longer than a line may be, and not there.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>Bytes read so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Of the whole file, once it has been read to its end; 32 bytes.</summary>
    public byte[] Digest() => _hash.GetCurrentHash();

    /// <returns>False: there is none left.</returns>
    public bool Next()
    {
        IsTooLong = false;
        for (var looked = _start; ;)
        {
            var at = _buffer.AsSpan(looked, _end - looked).IndexOf((byte)'\n');
            if (at >= 0)
            {
                return Take(looked + at, looked + at + 1);
            }

            if (_isRead)
            {
                return (_end > _start || IsTooLong) && Take(_end, _end);
            }

            looked = Fill();
        }
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_buffer);
        _hash.Dispose();
    }

    private bool Take(int end, int next)
    {
        var length = end - _start;
        length -= length > 0 && _buffer[end - 1] == (byte)'\r' ? 1 : 0;
        IsTooLong |= length > longest;
        (_from, _length, _start) = (_start, IsTooLong ? 0 : length, next);
        Number++;
        return true;
    }

    /// <returns>Where to go on looking for the line's end.</returns>
    private int Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length)
        {
            (_end, IsTooLong) = (0, true); // Nobody wants it any more.
        }

        var looked = _end;
        var read = file.Read(_buffer, _end, _buffer.Length - _end);
        _hash.AppendData(_buffer, _end, read);
        (_end, Bytes, _isRead) = (_end + read, Bytes + read, read == 0);
        return looked;
    }
}
