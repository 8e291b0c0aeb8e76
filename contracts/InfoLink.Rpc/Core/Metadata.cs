using System.Collections;

namespace Grpc.Core;

/// <summary>
/// Headers or trailers of a call: pairs in order, names in lower case and possibly repeated. A name ending in <c>-bin</c> carries bytes
/// (base64 on the wire), any other printable ASCII. Names beginning <c>grpc-</c> belong to the protocol and are refused.
/// </summary>
public sealed class Metadata : IList<Metadata.Entry>
{
    /// <summary>The ending of a name whose value is bytes.</summary>
    public const string BinaryHeaderSuffix = "-bin";

    /// <summary>No pairs, read-only.</summary>
    public static readonly Metadata Empty = new Metadata().Freeze();

    private readonly List<Entry> _entries = [];
    private bool _frozen;

    /// <summary>The last text value under <paramref name="key"/>, or null when there is none.</summary>
    /// <exception cref="InvalidOperationException">The value is bytes.</exception>
    public string? GetValue(string key) => Get(key)?.Value;

    /// <summary>The last value's bytes under <paramref name="key"/>, or null when there is none.</summary>
    public byte[]? GetValueBytes(string key) => Get(key)?.ValueBytes;

    /// <summary>The last pair under <paramref name="key"/>, or null when there is none.</summary>
    public Entry? Get(string key)
    {
        for (var i = _entries.Count - 1; i >= 0; i--)
        {
            if (string.Equals(_entries[i].Key, key, StringComparison.OrdinalIgnoreCase))
                return _entries[i];
        }

        return null;
    }

    /// <summary>Every pair under <paramref name="key"/>, in order.</summary>
    public IEnumerable<Entry> GetAll(string key) =>
        _entries.Where(entry => string.Equals(entry.Key, key, StringComparison.OrdinalIgnoreCase));

    /// <summary>Adds a text value.</summary>
    /// <exception cref="ArgumentException">The name is malformed, reserved or ends in <c>-bin</c>, or the value is not printable ASCII.</exception>
    public void Add(string key, string value) => Add(new Entry(key, value));

    /// <summary>Adds bytes.</summary>
    /// <exception cref="ArgumentException">The name is malformed, reserved or does not end in <c>-bin</c>.</exception>
    public void Add(string key, byte[] valueBytes) => Add(new Entry(key, valueBytes));

    /// <inheritdoc/>
    public void Add(Entry item)
    {
        ArgumentNullException.ThrowIfNull(item);
        Writable().Add(item);
    }

    /// <inheritdoc/>
    public Entry this[int index]
    {
        get => _entries[index];
        set => Writable()[index] = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <inheritdoc/>
    public int Count => _entries.Count;

    /// <inheritdoc/>
    public bool IsReadOnly => _frozen;

    /// <inheritdoc/>
    public int IndexOf(Entry item) => _entries.IndexOf(item);

    /// <inheritdoc/>
    public void Insert(int index, Entry item) => Writable().Insert(index, item ?? throw new ArgumentNullException(nameof(item)));

    /// <inheritdoc/>
    public void RemoveAt(int index) => Writable().RemoveAt(index);

    /// <inheritdoc/>
    public void Clear() => Writable().Clear();

    /// <inheritdoc/>
    public bool Contains(Entry item) => _entries.Contains(item);

    /// <inheritdoc/>
    public void CopyTo(Entry[] array, int arrayIndex) => _entries.CopyTo(array, arrayIndex);

    /// <inheritdoc/>
    public bool Remove(Entry item) => Writable().Remove(item);

    /// <inheritdoc/>
    public IEnumerator<Entry> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal Metadata Freeze()
    {
        _frozen = true;
        return this;
    }

    private List<Entry> Writable() => _frozen ? throw new InvalidOperationException("These metadata are read-only.") : _entries;

    /// <summary>One name and its value.</summary>
    public sealed class Entry
    {
        private readonly string? _value;
        private readonly byte[]? _valueBytes;

        /// <summary>Makes a pair with a text value: printable ASCII, nothing else.</summary>
        /// <exception cref="ArgumentException">Name or value is not allowed.</exception>
        public Entry(string key, string value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Key = MetadataNames.Checked(key);
            if (IsBinary)
                throw new ArgumentException($"'{Key}' ends in {BinaryHeaderSuffix} and so carries bytes, not text.", nameof(key));
            if (value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
                throw new ArgumentException($"The value of '{Key}' has characters outside printable ASCII.", nameof(value));
            _value = value;
        }

        /// <summary>Makes a pair whose value is bytes; they are copied.</summary>
        /// <exception cref="ArgumentException">The name is not allowed.</exception>
        public Entry(string key, byte[] valueBytes)
        {
            ArgumentNullException.ThrowIfNull(valueBytes);
            Key = MetadataNames.Checked(key);
            if (!IsBinary)
                throw new ArgumentException($"'{Key}' does not end in {BinaryHeaderSuffix} and so carries text, not bytes.", nameof(key));
            _valueBytes = valueBytes.AsSpan().ToArray();
        }

        private Entry(string key, string? value, byte[]? valueBytes) => (Key, _value, _valueBytes) = (key, value, valueBytes);

        /// <summary>The name, in lower case.</summary>
        public string Key { get; }

        /// <summary>Whether the value is bytes.</summary>
        public bool IsBinary => Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        /// <summary>The text.</summary>
        /// <exception cref="InvalidOperationException">The value is bytes.</exception>
        public string Value => _value ?? throw new InvalidOperationException($"The value of '{Key}' is bytes.");

        /// <summary>The bytes, or a text's ASCII; a copy.</summary>
        public byte[] ValueBytes => _valueBytes is null ? System.Text.Encoding.ASCII.GetBytes(_value!) : _valueBytes.AsSpan().ToArray();

        /// <inheritdoc/>
        public override string ToString() => IsBinary ? $"[Entry: key={Key}, valueBytes={_valueBytes!.Length} bytes]" : $"[Entry: key={Key}, value={_value}]";

        // What a peer sent is taken as it is: its protocol names are dropped by the reader, and its text was bounded by the HTTP layer.
        internal static Entry Received(string key, string value) => new(key, value, valueBytes: null);

        internal static Entry Received(string key, byte[] valueBytes) => new(key, value: null, valueBytes);

        internal string WireValue => _value ?? Convert.ToBase64String(_valueBytes!).TrimEnd('=');
    }
}
