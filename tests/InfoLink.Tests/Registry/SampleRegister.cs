using InfoLink.Samples.Registry;
using InfoLink.Samples.Registry.Generating;
using InfoLink.Samples.Registry.Keeping;
using InfoLink.V1;

namespace InfoLink.Tests.Registry;

/// <summary>A register of made-up people in a folder of its own, deleted afterwards.</summary>
public sealed class SampleRegister : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("infolink-registry-");

    public SampleRegister()
        : this(3_000)
    {
    }

    private SampleRegister(int count)
    {
        People = [.. new Generator(20_260_401).Residents(count)];
        Register = Register.Make(Path("registry.db"), People);
    }

    public IReadOnlyList<Resident> People { get; }

    public Register Register { get; }

    public static SampleRegister Of(int count) => new(count);

    public string Path(string file) => System.IO.Path.Combine(_folder.FullName, file);

    public void Dispose()
    {
        Register.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>The attributes as they stand, to be asked for.</summary>
    public static BasicAttributes Asking(Attributes attributes) => new()
    {
        Name = attributes.Name,
        Kana = attributes.Kana,
        Address = attributes.Address,
        BirthDate = attributes.BirthDate,
        Sex = attributes.Sex,
    };

    /// <summary>Somebody of whom nothing is unusual.</summary>
    public static Attributes Somebody(string name = "渡邊　花子", string kana = "ワタナベ　ハナコ", string address = "神奈川県横浜市鶴見区栄町三丁目１４番１号", string birth = "1980-03-05") =>
        new(name, kana, address, birth, "女", "141011");
}
