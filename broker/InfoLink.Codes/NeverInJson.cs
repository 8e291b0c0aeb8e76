using System.Text.Json;
using System.Text.Json.Serialization;

namespace InfoLink.Codes;

/// <summary>A serializer that meets <typeparamref name="T"/> has met a mistake: it says so instead of writing the value.</summary>
internal sealed class NeverInJson<T> : JsonConverter<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw Refusal();

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => throw Refusal();

    private static NotSupportedException Refusal() => new($"{typeof(T).Name} does not travel as JSON.");
}
