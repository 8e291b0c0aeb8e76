using System.Text;
using System.Text.Json;
using InfoLink.Agent;
using InfoLink.Agent.Asking.Folders;
using InfoLink.Agent.Host.Asking;
using InfoLink.Agent.Sources.Replicas;
using InfoLink.Agent.Trust;
using InfoLink.Broker;
using InfoLink.Samples.Network;
using InfoLink.Tests.Sources.Replicas;

namespace InfoLink.Tests.Fuzzing;

/// <summary>What operators write and what an agency's own systems send: every mistake is named.</summary>
internal static class ConfigurationTargets
{
    public static IEnumerable<FuzzTarget> Of(RealExchanges real)
    {
        var broker = File.ReadAllBytes(real.Folder.BrokerPath);
        var agent = File.ReadAllBytes(real.Folder.AgencyPath(NetworkFolder.Provider, "agent.json"));
        yield return new FuzzTarget("broker-json", Form.Json, [broker], bytes => FromFile(real.Folder.Path("broker", "fuzzed.json"), bytes, path =>
        {
            var options = BrokerOptions.Read(path);
            return Said(options.Errors()) && options.PublicAddress is not null;
        }), typeof(InvalidOperationException))
        { Weight = 2 };
        yield return new FuzzTarget("agent-json", Form.Json, [agent], bytes => FromFile(real.Folder.AgencyPath(NetworkFolder.Provider, "fuzzed.json"), bytes, path => Said(AgentOptions.Read(path).Errors())),
            typeof(InvalidOperationException))
        { Weight = 2 };
        Directory.CreateDirectory(real.Folder.Path("watched"));
        File.Delete(real.Folder.Path("callback.secret"));
        Contracts.Identity.KeyFile.WriteNew(real.Folder.Path("callback.secret"), CallbackOptions.NewSecret());
        yield return new FuzzTarget("folders-json", Form.Json,
            [
                Encoding.UTF8.GetBytes("""
                {"people":{"record":"id","roles":{"chief":{"ask":["*"],"release":["106.*"]}},"fourEyes":{"entries":["106.*","106.municipality.108-1-ro"],"hours":24,"most":1000}},
                "local":{"keys":[{"name":"welfare","sha256":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","ask":["106.*"],"callback":{"url":"https://system.city.example/told","secret":"file:callback.secret","pin":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}]},
                "folders":[{"name":"kodomo","folder":"watched","caller":"welfare","entry":"106.municipality.108-1-ro","kinds":["municipal-inhabitant-tax"],"provider":"131121","role":"claimant",
                "conditions":{"taxYear":2026,"from":"2026-01-01","to":"2026-02-01","asOf":"2026-01-01","claimedOn":"2026-01-01"},"operator":"係","terminal":"t","use":"u","case":"K","encoding":"shift_jis","columns":{"id":"宛名番号"},
                "results":"jsonl","groupReads":true,"marker":".ready","quietSeconds":10,"everySeconds":5,"atOnce":1,"mostMegabytes":64,"keepDays":30}]}
                """),
            ],
            bytes => FromFile(real.Folder.Path("fuzzed-folders.json"), bytes, path =>
            {
                var options = AgentOptions.Read(path);
                return Said([.. options.People?.Errors(options) ?? [], .. options.Local.Errors(), .. CallbackOptions.ErrorsOf(options), .. FolderOptions.ErrorsOf(options)]);
            }),
            typeof(InvalidOperationException));
        yield return new FuzzTarget("service-json", Form.Json,
            [
                Encoding.UTF8.GetBytes("""
                {"service":{"hours":[{"days":["mon","tue","sun"],"from":"08:00","until":"12:00"},{"days":["mon"],"from":"13:00","until":"24:00"}],"holidays":["2026-12-29","2027-01-01"],
                "stops":[{"from":"2026-12-05T22:00","until":"2026-12-06T06:00","reason":"更新"},{"from":"2026-11-20T00:00","until":"2027-03-06T06:00","reason":""}]}}
                """),
            ],
            bytes => FromFile(real.Folder.Path("fuzzed-service.json"), bytes, path =>
            {
                var options = AgentOptions.Read(path);
                if (!Said([.. options.Service.Errors()]))
                {
                    return false;
                }

                // Whatever an operator may write is announced as a broker takes it, and open and closed follow one another.
                var (hours, now) = (new InfoLink.Agent.Service.ServiceHours(options.Service), new DateTimeOffset(2026, 11, 23, 3, 0, 0, TimeSpan.Zero));
                var closed = hours.Closed(now);
                Readers.Require(Contracts.Membership.Closure.WhyNot(closed) is null, "closures that a broker does not take");
                Readers.Require((hours.WhyClosed(now) is not null) == closed.Any(closure => closure.Holds(now)), "closed now, and not");
                return true;
            }),
            typeof(InvalidOperationException));
        yield return new FuzzTarget("folder-file-name", Form.Text, ["kodomo-0401.csv"u8.ToArray(), Encoding.UTF8.GetBytes("現況届 4月.csv"), "a..b.csv"u8.ToArray()], bytes =>
        {
            var name = Encoding.UTF8.GetString(bytes);
            if (FolderFile.IsPassedOver(name, ".ready") || FolderFile.WhyNotName(name) is not null)
            {
                return false;
            }

            // Whatever the agent makes of a name lies in the folder that it is put into, is no longer than a name may be, and tells the name again.
            var file = FolderFile.Of(name, new byte[32]);
            foreach (var made in (string[])[file.Question, file.Result("jsonl"), file.ResultName("jsonl"), file.OtherName("jsonl"), FolderFile.TakenPrefix + name])
            {
                Readers.Require(Encoding.UTF8.GetByteCount(made) <= 255 && !made.Contains('/', StringComparison.Ordinal) && made is not ("." or ".."), "a name that leads elsewhere");
            }

            Readers.Require(file.Job(new string('k', 40)).Length <= 200, "a job's name is too long");
            Readers.Require(FolderFile.TryRead(file.Question) == file, "a file's name is another one on the way back");
            return true;
        });
        yield return new FuzzTarget("switches-json", Form.Json,
            ["""[{"peer":"141305","entry":null,"reason":"why","since":"2026-01-01T00:00:00+00:00"},{"peer":null,"entry":"106.municipality.108-1-ro","reason":"why","since":"2026-01-01T00:00:00+00:00"}]"""u8.ToArray(), "[]"u8.ToArray()],
            bytes => FromFile(real.Folder.Path("fuzzed-switches.json"), bytes, path => LocalSwitches.Open(path, [], []).All.All(cut => $"{cut}".Length > 0)),
            typeof(InvalidOperationException));
        yield return new FuzzTarget("local-question", Form.Json,
            [
                """{"person":"Y-1","entry":"106.municipality.108-1-ro","provider":"131121","operator":"係","terminal":"t","use":"u","role":"claimant","conditions":{"taxYear":2026}}"""u8.ToArray(),
                """{"person":"Y-1","entry":"106.municipality.108-1-ro","provider":"131121","operator":"係","terminal":"t","use":"u","conditions":{"from":"2026-01-01","to":"2026-02-01","asOf":"2026-01-01","claimedOn":"2026-01-01"},"caseReference":"c"}"""u8.ToArray(),
            ],
            bytes => JsonSerializer.Deserialize(bytes, LocalJson.Default.LocalQuestion)?.TryRead() is not null,
            typeof(JsonException));
        yield return new FuzzTarget("local-questions", Form.Json,
            ["""{"questions":[{"person":"Y-1","entry":"106.municipality.108-1-ro","provider":"131121","role":"claimant","conditions":{"taxYear":2026}},{"person":"Y-2","entry":"e"}],"operator":"係","terminal":"t","use":"u"}"""u8.ToArray()],
            bytes => JsonSerializer.Deserialize(bytes, LocalJson.Default.LocalQuestions)?.Questions.All(one => one is null || LocalQuestion.TryRead(one.Entry, one.Provider, one.Role, one.Conditions) is not null) ?? false,
            typeof(JsonException));
        yield return new FuzzTarget("operators-csv", Form.Text,
            [
                "id,name,attribute,department,roles,terminals,from,until\nk-1,山田,係長,課,clerk,k-* t-1,2026-04-01,2027-03-31\n"u8.ToArray(),
                "id,name,roles\nk-1,\"a,b\",clerk\nk-2,b,clerk\n"u8.ToArray(),
            ],
            bytes => FromFile(real.Folder.Path("fuzzed-operators.csv"), bytes, path => InfoLink.Agent.People.OperatorFile.Read(
                new PeopleOptions { Roles = { ["clerk"] = new RoleOptions() } }, path) is var read && (read.Errors.Count == 0) != (read.Operators.Count == 0 && read.Errors.Count > 0)));
        yield return new FuzzTarget("replica-csv", Form.Text, [Encoding.UTF8.GetBytes($"\uFEFF{ReplicaWorld.Heading}\r\n{ReplicaWorld.Line("S-1")}\r\n\"S-2\",2025,01,0,,-5,有,1,0,,\"a,\"\"b\"\n\n")],
            bytes => Delivery(bytes, new ReplicaOptions { Key = "atena", TaxYear = "nendo" }), typeof(FormatException))
        { IsSecret = true };
        yield return new FuzzTarget("replica-fixed", Form.Bytes, [ReplicaWorld.ShiftJis("S-1  202604012026043003甲野花子\r\nS-22 2026050199999999  ｺｳﾉ     \r\n\u001A")],
            bytes => Delivery(bytes, new ReplicaOptions
            {
                Format = "fixed",
                Encoding = "shift_jis",
                Key = "id",
                ValidFrom = "from",
                ValidTo = "to",
                OpenEnds = ["99999999"],
                Columns = [new() { Name = "id", Width = 5 }, new() { Name = "from", Width = 8 }, new() { Name = "to", Width = 8 }, new() { Width = 2 }, new() { Name = "name", Width = 8 }],
            }),
            typeof(FormatException))
        { IsSecret = true };
    }

    /// <summary>What an existing system delivers: each record is read and comes back out of its seal as it was, or each fault is told without repeating what stands there.</summary>
    private static bool Delivery(byte[] bytes, ReplicaOptions options)
    {
        using var file = new DeliveryFile(new MemoryStream(bytes), options);
        using var seal = new DeliverySeal(new byte[32], new byte[32]);
        List<string> faults = [];
        var form = ReplicaForm.Of(options, options.Columns.Count > 0 ? ["name"] : ["goukei", "memo"], file.Heading());
        var rows = 0;
        while (file.Next(out var fields, out var fault))
        {
            Readers.Require(fields is null != (fault is null), "a record that is neither one nor none");
            var known = faults.Count;
            if (fault is not null)
            {
                faults.Add($"line {file.Line}: {fault}");
            }
            else if (form.Read(fields!, file.Line, (column, cause) => faults.Add($"line {file.Line}, {column}: {cause}")) is { } row && faults.Count == known)
            {
                rows++;
                var tag = seal.Tag(row.Person, row.TaxYear);
                var opened = seal.Open(row.Person, tag, seal.Seal(tag, row));
                Readers.Require(opened with { Values = row.Values } == row && opened.Values.SequenceEqual(row.Values, StringComparer.Ordinal), "a record comes back as another one");
            }
        }

        return faults.Count == 0 ? rows > 0 : throw new FormatException(string.Join('\n', faults));
    }

    private static bool FromFile(string path, byte[] bytes, Func<string, bool> read)
    {
        File.WriteAllBytes(path, bytes);
        return read(path);
    }

    private static bool Said(IReadOnlyList<string> errors)
    {
        Readers.Require(errors.All(error => error.Length > 10), "an error that says nothing");
        return errors.Count == 0;
    }
}
