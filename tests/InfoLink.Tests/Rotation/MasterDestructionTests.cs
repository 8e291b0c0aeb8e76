using InfoLink.Authoring;
using InfoLink.Broker;
using InfoLink.Broker.Keys;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Trust;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Tools;
using InfoLink.Tests.Trust;
using InfoLink.Transparency;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Rotation;

/// <summary>A master comes while the broker runs, and goes for ever, on record and with a proof.</summary>
public sealed class MasterDestructionTests
{
    [Fact]
    public async Task A_master_goes_when_no_member_uses_it_and_its_certificate_is_checked_without_the_broker()
    {
        await using var network = await TestNetwork.StartAsync();
        network.AddMaster();
        foreach (var epochs in (string[])[Rotating.Announced, Rotating.Switched])
        {
            Rotating.WriteAll(network.Folder, epochs);
            await network.PublishAsync();
            var (code, _, error) = await DestroyAsync(network);
            Assert.Equal(1, code);
            Assert.Contains($"names epoch {Rotating.Old}", error, StringComparison.Ordinal);
        }

        Rotating.WriteAll(network.Folder, Rotating.Dropped);
        await network.PublishAsync();
        Assert.Contains("too young", (await DestroyAsync(network)).Error, StringComparison.Ordinal);
        Assert.True(File.Exists(MasterPath(network)));
        network.Clock.Ahead = TimeSpan.FromMinutes(3);
        var destroyed = await DestroyAsync(network);
        Assert.Equal((0, ""), (destroyed.Code, destroyed.Error));
        Assert.False(File.Exists(MasterPath(network)));
        var act = Assert.Single(await network.AllRecordsAsync(), entry => string.Equals(entry.Open.Act?.What, DestructionCertificate.ActName, StringComparison.Ordinal));
        Assert.Equal(("code epoch 7", "held", "destroyed", "all codes are of epoch 8"), (act.Open.Act.About, act.Open.Act.Before, act.Open.Act.After, act.Open.Act.Reason));

        // The certificate, from the path that was printed, against the signed list alone.
        var path = destroyed.Output[(destroyed.Output.IndexOf("Certificate: ", StringComparison.Ordinal) + "Certificate: ".Length)..].Trim();
        var list = network.Folder.Path("members-signed.json");
        await File.WriteAllBytesAsync(list, network.Folder.Sign(DocumentKind.Members).ToBytes());
        var told = await Infolink.RunAsync("broker", "check-destruction", path, "--list", list);
        Assert.Equal((0, ""), (told.Code, told.Error));
        Assert.Contains("The master of epoch 7 was destroyed", told.Output, StringComparison.Ordinal);
        await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path)).Replace("\"epoch\": 7", "\"epoch\": 8", StringComparison.Ordinal));
        Assert.Equal(1, (await Infolink.RunAsync("broker", "check-destruction", path, "--list", list)).Code);

        // It is gone for good: no list brings it back, no number comes twice, no copy is taken.
        Assert.Contains("has no master of epoch 7", (await DestroyAsync(network)).Error, StringComparison.Ordinal);
        Rotating.WriteAll(network.Folder, Rotating.Switched);
        Assert.Contains("masters/7.key", (await Assert.ThrowsAsync<DocumentException>(network.PublishAsync)).Message, StringComparison.Ordinal);
        Assert.NotEmpty((await network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(1, epoch: Rotating.Next)))).Token);
        await network.StopBrokerAsync();
        await network.StartBrokerAsync();
        Contracts.Identity.KeyFile.WriteNewKey(MasterPath(network));
        Assert.Contains("was destroyed", Assert.Throws<InvalidOperationException>(() => BrokerKeys.Load(network.Folder.Path("broker", "keys"), NetworkFolder.Platform)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whatever_of_a_certificate_is_changed_it_does_not_hold()
    {
        await using var network = await TestNetwork.StartAsync();
        BrokerSetup.AddMaster(network.Folder.BrokerOptions());
        Rotating.WriteAll(network.Folder, Rotating.Announced);
        await network.PublishAsync();
        Rotating.WriteAll(network.Folder, $"current: {Rotating.Old}"); // Thought better of it.
        await network.PublishAsync();
        network.Clock.Ahead = TimeSpan.FromMinutes(3);
        var path = await network.Broker.Acts.DestroyMasterAsync("tanaka", Rotating.Next, "not needed");
        var good = DestructionCertificate.TryParse(await File.ReadAllBytesAsync(path))!;
        var members = network.Folder.Members();
        Assert.Null(good.WhyNot(members));
        var receipt = Receipt.Parser.ParseFrom(good.Receipt);
        var other = receipt.Clone();
        other.OpenPart = Changed(other.OpenPart, part => part.Act.About = DestructionCertificate.About(9));
        foreach (var bent in (DestructionCertificate[])
            [
                good with { Epoch = 9 },
                good with { Platform = "infolink.other" },
                good with { Time = good.Time.AddMilliseconds(1) },
                good with { Operator = "suzuki" },
                good with { Reason = "another" },
                good with { Origin = "infolink.example/broker-2" },
                good with { Index = good.Index + 1 },
                good with { LeafHash = new string('0', 64) },
                good with { Receipt = [1, 2, 3] },
                good with { Epoch = 9, Receipt = Google.Protobuf.MessageExtensions.ToByteArray(other) },
            ])
        {
            Assert.NotNull(bent.WhyNot(members));
        }

        // Another record of the same log is no destruction.
        var acts = new ActRecords(network.Broker.Log, ApprovedRecord.BrokerCustodian, network.Clock);
        var published = await acts.RecordAsync(new OperatorAct { Operator = "tanaka", What = "publish", About = DestructionCertificate.About(Rotating.Next) });
        var publishing = DestructionCertificate.Of(NetworkFolder.Platform, Rotating.Next, await published.ToReceiptAsync(CancellationToken.None));
        Assert.Contains("something else than the destruction", publishing.WhyNot(members), StringComparison.Ordinal);
        Assert.Null(DestructionCertificate.TryParse("{}"u8));
        Assert.Null(DestructionCertificate.TryParse("no json"u8));
    }

    [Fact]
    public async Task An_act_that_is_not_on_record_destroys_nothing()
    {
        var faulty = default(FaultyEntryStore);
        await using var network = await TestNetwork.StartAsync(new() { AroundLog = store => faulty = new FaultyEntryStore(store) });
        BrokerSetup.AddMaster(network.Folder.BrokerOptions());
        Rotating.WriteAll(network.Folder, Rotating.Announced);
        await network.PublishAsync();
        Rotating.WriteAll(network.Folder, $"current: {Rotating.Old}");
        await network.PublishAsync();
        network.Clock.Ahead = TimeSpan.FromMinutes(3);
        network.Journal.Expect("a test's fault", "ALARM");
        faulty!.Fault = Fault.Lost;
        await Assert.ThrowsAsync<LogUnavailableException>(() => network.Broker.Acts.DestroyMasterAsync("tanaka", Rotating.Next, "not needed"));
        faulty.Fault = Fault.None;
        Assert.True(File.Exists(network.Folder.Path("broker", "keys", "masters", $"{Rotating.Next}.key")));
        Assert.False(Directory.Exists(network.Folder.Path("broker", "data", "certificates")));
    }

    [Fact]
    public void The_steps_of_a_rotation_are_drafted_in_their_order_for_one_member_or_for_all()
    {
        var list = MembersDraft.Add(MembersDraft.Add(SomeAuthority.EmptyList(), SomeAuthority.SomeMember("yokohama"), SomeAuthority.Now), SomeAuthority.SomeMember("kawasaki"), SomeAuthority.Now);
        AgencyId[] yokohama = [AgencyId.Parse("yokohama")];
        var announced = MembersDraft.Rotate(list, yokohama, RotationStep.Announce, 2, SomeAuthority.Now);
        Assert.Equal([new CodeEpochs(1, null, 2), new CodeEpochs(1, null)], Epochs(announced));
        Assert.Throws<DocumentException>(() => MembersDraft.Rotate(announced, yokohama, RotationStep.Announce, 3, SomeAuthority.Now));
        Assert.Throws<DocumentException>(() => MembersDraft.Rotate(list, yokohama, RotationStep.Switch, null, SomeAuthority.Now));
        Assert.Throws<DocumentException>(() => MembersDraft.Rotate(list, agencies: null, RotationStep.Drop, null, SomeAuthority.Now));
        Assert.Throws<DocumentException>(() => MembersDraft.Rotate(list, yokohama, RotationStep.Announce, 1, SomeAuthority.Now));
        var switched = MembersDraft.Rotate(announced, agencies: null, RotationStep.Switch, null, SomeAuthority.Now);
        Assert.Equal([new CodeEpochs(2, 1), new CodeEpochs(1, null)], Epochs(switched));
        Assert.Equal([new CodeEpochs(2, null), new CodeEpochs(1, null)], Epochs(MembersDraft.Rotate(switched, yokohama, RotationStep.Drop, null, SomeAuthority.Now)));
        Assert.Equal([new CodeEpochs(1, null, 9), new CodeEpochs(1, null, 9)], Epochs(MembersDraft.Rotate(list, agencies: null, RotationStep.Announce, 9, SomeAuthority.Now)));

        static IEnumerable<CodeEpochs> Epochs(Document<MemberList> document) =>
            document.Value.Members.OrderByDescending(member => member.Id.Value, StringComparer.Ordinal).Select(member => member.CodeEpochs);
    }

    private static string MasterPath(TestNetwork network) => network.Folder.Path("broker", "keys", "masters", $"{Rotating.Old}.key");

    private static Task<(int Code, string Output, string Error)> DestroyAsync(TestNetwork network) => Infolink.RunAsync(
        "broker", "destroy-master", "7", "--reason", "all codes are of epoch 8", "--broker", network.Folder.Path("broker"), "--operator", "tanaka");

    private static Google.Protobuf.ByteString Changed(Google.Protobuf.ByteString bytes, Action<OpenPart> change)
    {
        var part = OpenPart.Parser.ParseFrom(bytes);
        change(part);
        return Google.Protobuf.MessageExtensions.ToByteString(part);
    }
}
