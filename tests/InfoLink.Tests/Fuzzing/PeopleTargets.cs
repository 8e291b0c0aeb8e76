using System.Text;
using Google.Protobuf;
using InfoLink.Agent.IdentityChecks;
using InfoLink.CodeAuthority;
using InfoLink.Codes;
using InfoLink.Codes.Tickets;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Sealing;
using InfoLink.Hosting;
using InfoLink.Matching;
using InfoLink.Numbering;
using InfoLink.Numbering.Corporations;
using InfoLink.Samples.Network;
using InfoLink.Samples.Registry;
using InfoLink.V1;
using BasicAttributes = InfoLink.Matching.BasicAttributes;

namespace InfoLink.Tests.Fuzzing;

/// <summary>Who somebody is, numbers, tickets and identity checks: what registry, code authority, numbering authority and agencies read of one another and of files.</summary>
internal static class PeopleTargets
{
    private static readonly byte[] TokenHash = new byte[32];

    public static IEnumerable<FuzzTarget> Of(RealExchanges real)
    {
        yield return Attribute("name-form", ["渡邊　花子", "ﾜﾀﾅﾍﾞ ﾊﾅｺ", "ÂNGELA DA SILVA", "髙﨑 々郎"], text => new BasicAttributes { Name = text }, form => form.Name is not null);
        yield return Attribute("kana-form", ["ワタナベ　ハナコ", "わたなへ゛ はなこ", "ﾊﾟﾄﾘｯｸ・ｵｰ"], text => new BasicAttributes { Kana = text }, form => form.Kana is not null);
        yield return Attribute(
            "address-form",
            ["東京都千代田区永田町１丁目１番地１", "京都府京都市中京区寺町通御池上る上本能寺前町四八八番地", "世田谷区世田谷4-21-27 世田谷ﾊｲﾂ203号室", "大字平一二三の四"],
            text => new BasicAttributes { Address = text },
            form => form.Address is not null);
        yield return Attribute("birth-form", ["昭和六十年三月五日生", "S60.3.5", "19850305", "明治6年1月1日", "平成2年不詳"], text => new BasicAttributes { BirthDate = text }, form => form.Birth is not null);
        yield return Digits("individual-number", IndividualNumber.FromBase(12_345_678_901).Reveal(), text => IndividualNumber.TryParse(text, out var number) ? number.Reveal() : null) with { IsSecret = true };
        yield return Digits("corporate-number", $"{CorporateNumber.FromBase(700_110_005_901)}", text => CorporateNumber.TryParse(text, out var number) ? $"{number}" : null);
        yield return Digits("local-government-code", "131121", text => LocalGovernmentCode.TryParse(text, out var code) ? $"{code}" : null);
        yield return new FuzzTarget("corporate-csv", Form.Text, [Encoding.UTF8.GetBytes($"{CorporateImport.Heading}\n,700110005901,,\"株式会社 \"\"例\"\"\",レイ,東京都千代田区\n,,ref-1,例の会,,\"二行の\n住所\"\n")], Csv, typeof(FormatException));
        yield return new FuzzTarget(
            "match-json",
            Form.Json,
            ["""[{"a":{"name":"渡邊花子","kana":"ワタナベ","address":"永田町1-1","birth":19850305,"sex":null},"b":{"name":"渡辺 花子","address":"永田町1-1"}}]"""u8.ToArray(), "[]"u8.ToArray()],
            bytes => Tool.Matching.MatchCommand.Read(new MemoryStream(bytes)).TrueForAll(pair => AttributeMatch.Compare(pair.A, pair.B).Candidates >= 0),
            typeof(FormatException));

        foreach (var message in Messages(real))
        {
            yield return message;
        }

        yield return Options(real, "code-authority-json", NetworkFolder.CodeAuthority, "code-authority.json", path => [.. CodeAuthorityOptions.Read(path).Errors(), .. CodeAuthorityOptions.Read(path).Member.Errors()]);
        yield return Options(real, "numbering-json", NetworkFolder.Numbering, "numbering.json", path => NumberingOptions.Read(path).Errors());
        yield return Options(real, "registry-json", NetworkFolder.Registry, "registry.json", path => [.. RegistryOptions.Read(path).Errors(), .. RegistryOptions.Read(path).Member.Errors()]);
    }

    private static IEnumerable<FuzzTarget> Messages(RealExchanges real)
    {
        var members = real.Folder.Members();
        var (broker, checking) = (SealingKeyPair.Derive(new byte[32]), new CheckingKey(new byte[32]));
        using var identity = real.Folder.IdentityOfInstitution(NetworkFolder.CodeAuthority);
        using var signing = identity.IssueLeaf(LeafPurpose.Signing, real.Then);
        var (agency, id) = (AgencyId.Parse(NetworkFolder.Requester), IdCode.Create(IdCodeKind.Test, 77, generation: 0));
        var ticket = LinkTickets.Make(AgencyId.Parse(NetworkFolder.CodeAuthority), agency, [id, id], SealingKeyPair.PublicOf(broker), signing, real.Then);
        yield return new FuzzTarget("link-ticket", Form.Proto, [ticket.ToByteArray()], Readers.Message<LinkTicket>(message =>
        {
            var good = Readers.Done(LinkTickets.Verify(message, agency, members, real.Then));
            Readers.Require(!good || message.Body.Equals(ticket.Body), "a ticket that the code authority has not signed passes for signed");
            return good;
        }));
        yield return new FuzzTarget("link-ticket-body", Form.Proto, [ticket.Body.ToByteArray()], Readers.Message<LinkTicketBody>(body =>
        {
            var opened = TicketSeal.TryOpen(body, broker);
            Readers.Require(opened is null || opened.Length == body.Count, "a ticket opens to another number of persons than it says");
            return opened is not null;
        }));
        var check = IdentityCheckSeal.Seal(checking.PublicKey.Span, TokenHash, 3, new BasicAttributes { Kana = "コウノ", BirthDate = "1985-03-05", Sex = "2" });
        yield return new FuzzTarget("identity-check", Form.Proto, [check.ToByteArray()], Readers.Message<SealedIdentityCheck>(message =>
            IdentityCheckSeal.TryOpen(checking.Pair, TokenHash, message) is { } claim && Enum.IsDefined(claim.HeldAgainst(null))));
        yield return new FuzzTarget("match-request", Form.Proto, [Matching().ToByteArray()], Readers.Message<MatchRequest>(request => request.Persons.All(person => NormalForm.Of(new BasicAttributes
        {
            Name = person.Name,
            Kana = person.Kana,
            Address = person.Address,
            BirthDate = person.BirthDate,
            Sex = person.Sex,
        }).Problems.All(problem => problem.Id.Length > 0))));
        yield return new FuzzTarget("make-ticket-request", Form.Proto, [new MakeTicketRequest { Agency = agency.Value, ResidentRecordCodes = { ResidentRecordCode.FromBase(7).Reveal() } }.ToByteArray()],
            Readers.Message<MakeTicketRequest>(request => AgencyId.TryParse(request.Agency, out _) && request.ResidentRecordCodes.All(code => ResidentRecordCode.TryParse(code, out _))));
    }

    internal static MatchRequest Matching() => new()
    {
        Purpose = MatchPurpose.LinkPurpose,
        Persons =
        {
            new V1.BasicAttributes { Name = "渡邊　花子", Kana = "ワタナベ　ハナコ", Address = "東京都世田谷区世田谷四丁目２１番２７号", BirthDate = "昭和60年3月5日", Sex = "女" },
            new V1.BasicAttributes { Name = "河野 太郎", Address = "横浜市中区日本大通1", BirthDate = "1985-03-05" },
        },
    };

    /// <summary>One attribute in normal form: nothing of it is an exception, and it is nobody else's and its own.</summary>
    private static FuzzTarget Attribute(string name, IEnumerable<string> good, Func<string, BasicAttributes> record, Func<NormalForm, bool> usable) => new(
        name,
        Form.Text,
        [.. good.Select(Encoding.UTF8.GetBytes)],
        bytes =>
        {
            var attributes = record(Encoding.UTF8.GetString(bytes));
            var (one, other) = (NormalForm.Of(attributes), NormalForm.Of(attributes));
            var (there, back) = (AttributeMatch.Compare(one, other), AttributeMatch.Compare(other, one));
            Readers.Require(there.Outcome == back.Outcome && there.Outcome is not MatchOutcome.Match, "one attribute alone makes a match, or depends on the order");
            return usable(one);
        });

    private static FuzzTarget Digits(string name, string good, Func<string, string?> again) => new(
        name,
        Form.Text,
        [Encoding.ASCII.GetBytes(good)],
        bytes =>
        {
            var text = Encoding.UTF8.GetString(bytes);
            var typed = TypedDigits.In(text);
            Readers.Require(typed.Digits.All(char.IsAsciiDigit), "digits that are none");
            if (again(text) is not { } written)
            {
                return false;
            }

            Readers.Require(string.Equals(written, text, StringComparison.Ordinal), "one number has two texts");
            return true;
        });

    /// <summary>As an import reads it: a line that is none is told, and the next one is read.</summary>
    private static bool Csv(byte[] bytes)
    {
        var lines = new CsvLines(new StringReader(Encoding.UTF8.GetString(bytes)));
        var good = 0;
        while (true)
        {
            try
            {
                if (lines.Next() is not { } fields)
                {
                    return good > 0;
                }

                good += fields.Count == 6 ? 1 : 0;
            }
            catch (FormatException wrong) when (wrong.Message.Length > 10)
            {
                // Named; the file goes on.
            }
        }
    }

    private static FuzzTarget Options(RealExchanges real, string name, string institution, string file, Func<string, IEnumerable<string>> errors)
    {
        var path = real.Folder.InstitutionPath(institution, file);
        return new FuzzTarget(
            name,
            Form.Json,
            [File.ReadAllBytes(path)],
            bytes =>
            {
                var fuzzed = real.Folder.InstitutionPath(institution, "fuzzed.json");
                File.WriteAllBytes(fuzzed, bytes);
                List<string> said = [.. errors(fuzzed)];
                Readers.Require(said.TrueForAll(error => error.Length > 10), "an error that says nothing");
                return said.Count == 0;
            },
            typeof(InvalidOperationException));
    }
}
