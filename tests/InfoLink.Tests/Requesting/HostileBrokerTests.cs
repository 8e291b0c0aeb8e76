using Google.Protobuf;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Requesting;

/// <summary>A broker that holds all its keys and lies: it cannot make one agency ask, or another answer, about somebody else.</summary>
public sealed class HostileBrokerTests
{
    /// <summary>Lies about the approval, and the name under which the requester's own agent refuses each.</summary>
    public static TheoryData<string, Action<AuthorizeReply>, RefusalName> Approvals => new()
    {
        { "the record of another question: entry", Record(part => part.Entry = AgentNetwork.RelationshipEntry), RefusalName.ReceiptInvalid },
        { "the record of another question: role", Record(part => part.Role = "child-sharing-livelihood"), RefusalName.ReceiptInvalid },
        { "the record of another question: kind", Record(part => part.Kinds[0] = "public-assistance"), RefusalName.ReceiptInvalid },
        { "the record of another question: kinds", Record(part => part.Kinds.Add("public-assistance")), RefusalName.ReceiptInvalid },
        { "the record of another question: conditions", Record(part => part.ConditionsSha256 = Bytes(32)), RefusalName.ReceiptInvalid },
        { "another requester", Record(part => part.Requester = NetworkFolder.Bystander), RefusalName.ReceiptInvalid },
        { "another provider", Record(part => part.Provider = NetworkFolder.Bystander), RefusalName.ReceiptInvalid },
        { "another certificate", Record(part => part.Cnf = Bytes(32)), RefusalName.ReceiptInvalid },
        { "another recipient key", Record(part => part.Rek = Bytes(32)), RefusalName.ReceiptInvalid },
        { "another request commitment", Record(part => part.RequestCommitment = Bytes(32)), RefusalName.ReceiptInvalid },
        { "another token", Record(part => part.TokenSha256 = Bytes(32)), RefusalName.ReceiptInvalid },
        { "another exchange", Record(part => part.ExchangeId = Bytes(16)), RefusalName.ReceiptInvalid },
        { "a refusal as approval", Record(part => part.Event = AccessEvent.Refused), RefusalName.ReceiptInvalid },
        { "a record of somebody else's log", Record(part => part.Custodian = NetworkFolder.Provider), RefusalName.ReceiptInvalid },
        { "another number of persons", Record(part => part.Count = 1), RefusalName.CommitmentInvalid },
        { "a catalog's hash of another length", Record(part => part.CatalogSha256 = Bytes(31)), RefusalName.ReceiptInvalid },
        { "no receipt", reply => reply.Receipt = null, RefusalName.ReceiptInvalid },
        { "no token", reply => reply.Token = "", RefusalName.ReceiptInvalid },
        { "a token that is none", reply => reply.Token = "a.b.c", RefusalName.ReceiptInvalid },
        { "no exchange id", reply => reply.ExchangeId = ByteString.Empty, RefusalName.ReceiptInvalid },
        { "persons swapped", Swap, RefusalName.CommitmentInvalid },
        { "salts swapped", reply => (reply.Subjects[0].Salt, reply.Subjects[1].Salt) = (reply.Subjects[1].Salt, reply.Subjects[0].Salt), RefusalName.CommitmentInvalid },
        { "a salt of another length", reply => reply.Subjects[0].Salt = Bytes(31), RefusalName.CommitmentInvalid },
        { "another commitment for the provider's code", reply => reply.Subjects[0].OtherCommitment = Bytes(32), RefusalName.CommitmentInvalid },
        { "another commitment for the person", reply => reply.Subjects[0].TagCommitment = Bytes(32), RefusalName.CommitmentInvalid },
        { "another private root", reply => reply.Receipt.PrivateRoot = Bytes(32), RefusalName.CommitmentInvalid },
        { "a person forgotten", reply => reply.Subjects.RemoveAt(1), RefusalName.ReceiptInvalid },
        { "a person twice", reply => reply.Subjects.Add(reply.Subjects[0].Clone()), RefusalName.ReceiptInvalid },
        { "a person more", reply => reply.Subjects.Add(new SubjectCommitment { Index = 2 }), RefusalName.ReceiptInvalid },
        { "approved and refused at once", reply => reply.Refused.Add(0), RefusalName.ReceiptInvalid },
        { "out of order", reply => reply.Subjects.Add(Taken(reply)), RefusalName.ReceiptInvalid },
        { "nobody approved, all refused, and a token all the same", AllRefused, RefusalName.CommitmentInvalid },
    };

    /// <summary>Lies about the persons, told to the provider; at hand is a third person's code.</summary>
    public static TheoryData<string, Action<RedeemReply, ByteString>> Redemptions => new()
    {
        { "another person's code", (reply, third) => reply.Subjects[0].LinkCode = third },
        { "two persons' codes swapped", (reply, _) => (reply.Subjects[0].LinkCode, reply.Subjects[1].LinkCode) = (reply.Subjects[1].LinkCode, reply.Subjects[0].LinkCode) },
        { "two persons swapped whole but for their places", (reply, _) => (reply.Subjects[0].Index, reply.Subjects[1].Index) = (1, 0) },
        { "one code for two persons", (reply, _) => reply.Subjects[1].LinkCode = reply.Subjects[0].LinkCode },
        { "a code of another length", (reply, _) => reply.Subjects[0].LinkCode = Bytes(16) },
        { "no code", (reply, _) => reply.Subjects[0].LinkCode = ByteString.Empty },
        { "no commitment", (reply, _) => reply.Subjects[0].Commitment = null },
        { "the commitment of another place", (reply, _) => reply.Subjects[0].Commitment.Index = 1 },
        { "a person dropped", (reply, _) => reply.Subjects.RemoveAt(1) },
        { "a person added", (reply, third) => reply.Subjects.Add(new RedeemedSubject { Index = 2, LinkCode = third, Commitment = Numbered(reply, 2) }) },
        { "a person twice", (reply, _) => reply.Subjects.Add(reply.Subjects[0].Clone()) },
        { "nobody", (reply, _) => reply.Subjects.Clear() },
        { "out of order", (reply, _) => reply.Subjects.Add(Taken(reply)) },
        { "another exchange", (reply, _) => reply.ExchangeId = Bytes(16) },
        { "no exchange", (reply, _) => reply.ExchangeId = ByteString.Empty },
        { "a salt of another length", (reply, _) => reply.Subjects[0].Commitment.Salt = Bytes(33) },
        { "another salt", (reply, _) => reply.Subjects[0].Commitment.Salt = Bytes(32) },
        { "another commitment for the requester's code", (reply, _) => reply.Subjects[0].Commitment.OtherCommitment = Bytes(32) },
    };

    [Theory]
    [MemberData(nameof(Approvals))]
    public async Task A_bent_approval_is_refused_by_the_requester_and_nothing_is_fetched(string what, Action<AuthorizeReply> bend, RefusalName name)
    {
        Assert.NotEmpty(what);
        await using var network = await StartAsync();
        network.Bent.Approving = (_, reply) =>
        {
            bend(reply);
            return Task.FromResult(reply);
        };
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1, 2));
        Assert.Equal(name, refused.Refusal.Name);
        Assert.Equal(name, (await AgentNetwork.OneAsync(network.Requester.Log.Store, AccessEvent.Failed)).Open.Refusal);
        Assert.Empty(await AgentNetwork.AllOfAsync(network.Provider));
        Assert.Empty(network.Bent.Redeems);
    }

    [Theory]
    [MemberData(nameof(Redemptions))]
    public async Task Bent_codes_are_refused_by_the_provider_and_no_value_moves(string what, Action<RedeemReply, ByteString> bend)
    {
        Assert.NotEmpty(what);
        await using var network = await StartAsync();
        network.Bent.Redeeming = (_, reply, _) =>
        {
            bend(reply, Code(network, 3));
            return Task.FromResult(reply);
        };
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1, 2));
        Assert.Equal(RefusalName.CommitmentInvalid, refused.Refusal.Name);
        Assert.Empty(network.Reads);
        Assert.Equal(RefusalName.CommitmentInvalid, (await AgentNetwork.OneAsync(network.Provider.Log.Store, AccessEvent.Refused)).Open.Refusal);
        Assert.Equal(RefusalName.CommitmentInvalid, (await AgentNetwork.OneAsync(network.Requester.Log.Store, AccessEvent.Failed)).Open.Refusal);
        Assert.DoesNotContain(await AgentNetwork.AllOfAsync(network.Provider), entry => entry.Open.Event == AccessEvent.Answered);
    }

    [Fact]
    public async Task An_unbent_broker_in_these_hands_is_believed()
    {
        await using var network = await StartAsync();
        Assert.All((await network.AskAsync(1, 2)).Persons, person => Assert.IsType<Agent.Requesting.FetchedPerson.Answered>(person));
    }

    [Fact]
    public async Task A_broker_that_refuses_one_person_for_all_reasons_it_likes_is_heard_for_that_person()
    {
        await using var network = await StartAsync();
        await network.Requester.Agent.Links.PutAsync("Y-9", new LinkCode(NetworkFolder.Epoch, new byte[16]));
        network.Bent.Approving = (_, reply) =>
        {
            reply.Refusal = new V1.Refusal { Name = (RefusalName)9999, CauseEn = "\u0007trust me", Detail = "x" };
            return Task.FromResult(reply);
        };
        var fetched = await network.AskAsync(1, 9);
        Assert.Equal(RefusalName.LinkCodeRefused, Assert.IsType<Agent.Requesting.FetchedPerson.Refused>(fetched.Persons[1]).Refusal.Name);
    }

    private static async Task<AgentNetwork> StartAsync()
    {
        var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await network.LinkAsync(1, 2, 3);
        return network;
    }

    private static Action<AuthorizeReply> Record(Action<OpenPart> bend) => reply =>
    {
        var part = AccessEntry.TryParse(reply.Receipt.OpenPart.Span)!;
        bend(part);
        reply.Receipt.OpenPart = part.ToByteString();
    };

    private static void Swap(AuthorizeReply reply)
    {
        (reply.Subjects[0].Index, reply.Subjects[1].Index) = (1, 0);
        reply.Subjects.Add(Taken(reply));
    }

    private static void AllRefused(AuthorizeReply reply)
    {
        reply.Refused.Add([0, 1]);
        reply.Subjects.Clear();
    }

    /// <summary>The first person, taken away, to be put at the end.</summary>
    private static SubjectCommitment Taken(AuthorizeReply reply)
    {
        var first = reply.Subjects[0];
        reply.Subjects.RemoveAt(0);
        return first;
    }

    private static RedeemedSubject Taken(RedeemReply reply)
    {
        var first = reply.Subjects[0];
        reply.Subjects.RemoveAt(0);
        return first;
    }

    private static SubjectCommitment Numbered(RedeemReply reply, uint index)
    {
        var commitment = reply.Subjects[0].Commitment.Clone();
        commitment.Index = index;
        return commitment;
    }

    private static ByteString Code(AgentNetwork network, int person)
    {
        var bytes = new byte[LinkCode.ByteLength];
        network.Network.CodeOf(person, NetworkFolder.Provider).CopyTo(bytes);
        return bytes.ToByteString();
    }

    private static ByteString Bytes(int length) => Enumerable.Repeat((byte)0x5A, length).ToArray().ToByteString();
}
