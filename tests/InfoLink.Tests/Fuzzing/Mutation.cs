namespace InfoLink.Tests.Fuzzing;

/// <summary>How an input is built, so that some of its changes keep to that and get further in.</summary>
internal enum Form
{
    Bytes,

    Text,

    Json,

    /// <summary>JSON whose members are sorted and whose values are texts (SPEC §10.3).</summary>
    Canonical,

    Yaml,

    /// <summary>A protobuf message.</summary>
    Proto,

    /// <summary>gRPC frames that each hold a protobuf message.</summary>
    Frames,
}

/// <summary>Makes a new input of good ones: one to five changes, some blind, some that know the form.</summary>
internal static class Mutation
{
    /// <summary>Longer inputs are cut, but for those that are so long already: what is long is bounded elsewhere, and here it costs speed.</summary>
    private const int MostGrowth = 128 * 1024;

    public static byte[] Of(Form form, IReadOnlyList<byte[]> corpus, Chance chance)
    {
        var bytes = chance.Of(corpus);
        var most = bytes.Length + MostGrowth;
        for (var changes = 1 + (chance.OneIn(2) ? 0 : chance.Below(5)); changes > 0; changes--)
        {
            bytes = Once(form, bytes, corpus, chance);
        }

        return bytes.Length > most ? bytes[..most] : bytes;
    }

    private static byte[] Once(Form form, byte[] bytes, IReadOnlyList<byte[]> corpus, Chance chance) => form switch
    {
        Form.Json or Form.Canonical when !chance.OneIn(4) => JsonEdits.Once(bytes, form == Form.Canonical, chance) ?? ByteEdits.Once(bytes, corpus, chance),
        Form.Proto when !chance.OneIn(3) => ProtoEdits.Once(bytes, chance, depth: 0) ?? ByteEdits.Once(bytes, corpus, chance),
        Form.Frames when !chance.OneIn(3) => ProtoEdits.InFrames(bytes, chance) ?? ByteEdits.Once(bytes, corpus, chance),
        Form.Yaml when !chance.OneIn(3) => TextEdits.Line(bytes, chance),
        Form.Text or Form.Yaml when !chance.OneIn(3) => TextEdits.Once(bytes, chance),
        _ => ByteEdits.Once(bytes, corpus, chance),
    };
}
