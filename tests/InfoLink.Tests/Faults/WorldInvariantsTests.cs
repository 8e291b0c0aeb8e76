using System.Security.Cryptography;
using Dapper;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.Transparency;
using InfoLink.Transparency.Sqlite;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>The checker finds what it is there to find: in copies of a sound world, each with one thing planted.</summary>
[Collection(RealProcesses.SecondRow)]
public sealed class WorldInvariantsTests(WorldInvariantsTests.SoundWorld sound) : IClassFixture<WorldInvariantsTests.SoundWorld>
{
    [Fact]
    public async Task A_sound_world_has_no_breach()
    {
        await using var copy = sound.Copy();
        Assert.Empty(await copy.FindAsync());
    }

    [Theory]
    [InlineData("broker", AccessEvent.Approved, "rows-missing", "record-missing", "token-without-record")]
    [InlineData("broker", AccessEvent.Redeemed, "rows-missing", "record-missing", "out-of-order")]
    [InlineData("broker", AccessEvent.Settled, "rows-missing", "record-missing", "left-open")]
    [InlineData(NetworkFolder.Provider, AccessEvent.Answered, "rows-missing", "record-missing", "out-of-order")]
    [InlineData(NetworkFolder.Requester, AccessEvent.Received, "rows-missing", "record-missing", "answer-unlogged")]
    [InlineData(NetworkFolder.Requester, AccessEvent.Asked, "rows-missing", "record-missing", "approved-unasked")]
    public async Task A_record_that_is_gone(string custodian, AccessEvent what, params string[] rules)
    {
        await using var copy = sound.Copy();

        // The last one's exchange went all the way; on a busy machine the first may have been refused after its redeem, and asked again.
        copy.Log(custodian, $"DELETE FROM entry WHERE serial = (SELECT MAX(serial) FROM entry WHERE event = {(int)what})");
        await AssertFoundAsync(copy, rules);
    }

    [Fact]
    public async Task A_record_that_is_gone_together_with_the_logs_own_size()
    {
        await using var copy = sound.Copy();
        copy.Log(NetworkFolder.Requester, "DELETE FROM entry WHERE serial = (SELECT MAX(serial) FROM entry); UPDATE log SET size = size - 1");
        await AssertFoundAsync(copy, "rewound");
    }

    [Fact]
    public async Task A_record_that_was_changed()
    {
        await using var copy = sound.Copy();
        copy.Log("broker", $"UPDATE entry SET salt = randomblob(32) WHERE event = {(int)AccessEvent.Redeemed}");
        await AssertFoundAsync(copy, "row-changed", "record-changed");
    }

    [Fact]
    public async Task Content_that_is_gone()
    {
        await using var copy = sound.Copy();
        copy.Log(NetworkFolder.Provider, "DELETE FROM content WHERE serial = (SELECT MIN(serial) FROM content)");
        await AssertFoundAsync(copy, "content-missing");
    }

    [Theory]
    [InlineData(NetworkFolder.Provider, AccessEvent.Answered, "answered-twice")]
    [InlineData(NetworkFolder.Requester, AccessEvent.Received, "received-without-answer")]
    [InlineData("broker", AccessEvent.Approved, "token-twice")]
    public async Task A_second_record_well_made_by_the_logs_own_key(string custodian, AccessEvent what, string rule)
    {
        await using var copy = sound.Copy();
        await copy.RepeatAsync(custodian, what);
        await AssertFoundAsync(copy, rule, what == AccessEvent.Approved ? "question-approved-twice" : "twice");
    }

    [Fact]
    public async Task A_token_that_nobody_put_on_record()
    {
        await using var copy = sound.Copy();
        var reply = new AuthorizeReply { Token = "a.b.c", ExchangeId = ExchangeId.New().ToArray().ToByteString() };
        copy.Diary.Handed(reply, TokenId.New());
        await AssertFoundAsync(copy, "token-without-record");
    }

    [Fact]
    public async Task A_token_that_is_spent_twice()
    {
        await using var copy = sound.Copy();
        copy.Ledger(
            """
            CREATE TABLE old AS SELECT * FROM spent; DROP TABLE spent;
            CREATE TABLE spent(token BLOB, attempt BLOB, keep_ms BIGINT);
            INSERT INTO spent SELECT * FROM old; INSERT INTO spent SELECT token, randomblob(16), keep_ms FROM old LIMIT 1;
            """);
        await AssertFoundAsync(copy, "spent-twice", "spent-unapproved");
    }

    [Fact]
    public async Task A_token_that_was_answered_and_is_not_spent()
    {
        await using var copy = sound.Copy();
        copy.Ledger("DELETE FROM spent WHERE token = (SELECT token FROM spent ORDER BY keep_ms DESC LIMIT 1)"); // The last question's.
        await AssertFoundAsync(copy, "answered-unspent", "redeemed-unspent");
    }

    [Fact]
    public async Task Tokens_that_are_spent_and_have_no_end()
    {
        await using var copy = sound.Copy();
        copy.Log(NetworkFolder.Provider, $"DELETE FROM entry WHERE event = {(int)AccessEvent.Answered}");
        await AssertFoundAsync(copy, "spent-without-end", "provider-without-end");
    }

    [Fact]
    public async Task Redis_with_another_attempt_than_the_ledger_and_with_a_key_that_never_ends()
    {
        await using var copy = sound.Copy();
        await copy.SpoilRedisAsync();
        await AssertFoundAsync(copy, "redeemed-unspent", "redis-left");
    }

    [Theory]
    [InlineData("wrong-value")]
    [InlineData("answer-unlogged")]
    [InlineData("refusal-unlogged")]
    [InlineData("question-lost")]
    [InlineData("question-open")]
    [InlineData("unasked")]
    public async Task A_diary_that_says_otherwise(string rule)
    {
        await using var copy = sound.Copy(question => question.Id is not "Q-2" ? question : rule switch
        {
            "unasked" => null,
            "answer-unlogged" => With("Q-none", question.Ending),
            "wrong-value" => With(question.Id, ((Ending.Answered)question.Ending!) with { TotalIncome = "1000099" }),
            "refusal-unlogged" => With(question.Id, new Ending.Refused("TOKEN-SPENT", "", null)),
            "question-lost" => With(question.Id, new Ending.Lost("gone")),
            _ => With(question.Id, null),
        });
        await AssertFoundAsync(copy, rule);

        static Question With(string id, Ending? ending) => new(id, 2) { Ending = ending };
    }

    private static async Task AssertFoundAsync(CopiedWorld copy, params string[] rules)
    {
        var found = await copy.FindAsync();
        Assert.All(rules, rule => Assert.Contains(found, breach => string.Equals(breach.Rule, rule, StringComparison.Ordinal)));
    }

    /// <summary>A world that answered some questions, came to rest and was stopped.</summary>
    public sealed class SoundWorld : IAsyncLifetime
    {
        private FaultWorld? _world;

        public async ValueTask InitializeAsync()
        {
            _world = await FaultWorld.StartAsync(new() { WithRedis = true });
            for (var person = 1; person <= 4; person++)
            {
                Assert.IsType<Ending.Answered>(await _world.Clerks.AskAsync(person));
            }

            await _world.RestAsync();
            await _world.StopAllAsync();
        }

        public async ValueTask DisposeAsync()
        {
            if (_world is not null)
            {
                await _world.DisposeAsync();
            }
        }

        internal CopiedWorld Copy(Func<Question, Question?>? change = null) => new(_world!.Places, _world.Diary.Copy(change ?? (question => question)));
    }

    /// <summary>Its files again, to be spoiled.</summary>
    internal sealed class CopiedWorld : IAsyncDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("infolink-copy-");
        private readonly WorldPlaces _places;
        private bool _redisSpoilt;

        public CopiedWorld(WorldPlaces places, Diary diary)
        {
            foreach (var file in Directory.EnumerateFiles(places.Folder.FullPath, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".sock", StringComparison.Ordinal)))
            {
                var to = Path.Combine(_folder.FullName, Path.GetRelativePath(places.Folder.FullPath, file));
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(file, to);
            }

            _places = places with { Folder = NetworkFolder.TryOpen(_folder.FullName, TimeProvider.System)! };
            Diary = diary;
        }

        public Diary Diary { get; }

        public Task<IReadOnlyList<Breach>> FindAsync() => WorldInvariants.FindAsync(_places, Diary);

        public void Log(string custodian, string sql) => Execute(_places.LogPath(custodian), sql);

        public void Ledger(string sql) => Execute(_places.LedgerPath, sql);

        /// <summary>Appends the first record of an event once more, with everything that makes it good.</summary>
        public async Task RepeatAsync(string custodian, AccessEvent what)
        {
            var broker = string.Equals(custodian, "broker", StringComparison.Ordinal);
            var seed = KeyFile.ReadKey(broker ? _places.Folder.Path("broker", "keys", "log.key") : _places.Folder.AgencyPath(custodian, "log.key"));
            using var key = Ed25519PrivateKey.FromSeed(seed);
            var reader = await SqliteEntryStore.ReadAsync(_places.LogPath(custodian), CancellationToken.None);
            var origin = reader.Origin;
            var first = (await reader.ReadAsync(0, int.MaxValue, CancellationToken.None)).First(entry => entry.Open.Event == what);
            await using var log = await Transparency.AccessLog.OpenAsync(
                SqliteEntryStore.Open(_places.LogPath(custodian), origin), new NoteSigner(origin, NoteKeyKind.Log, key), TimeProvider.System, NullLogger<Transparency.AccessLog>.Instance);
            var open = first.Open.Clone();
            if (what == AccessEvent.Approved)
            {
                open.ExchangeId = RandomNumberGenerator.GetBytes(16).ToByteString(); // One token for two exchanges.
            }

            await log.AppendAsync(new NewEntry(open, [.. first.Subjects.Select(subject => new NewSubject(subject.Leaf)
            {
                Seed = subject.Seed,
                Tag = subject.Tag,
                OwnLinkCode = subject.OwnLinkCode,
                Evidence = subject.Evidence,
                SealedContent = subject.Outcome == SubjectOutcome.AnsweredOutcome && !broker ? [1] : null,
            })], first.Particulars));
            await log.PublishAsync(log.Checkpoint, CancellationToken.None);
        }

        public async Task SpoilRedisAsync()
        {
            _redisSpoilt = true;
            await _places.Redis[0].AskAsync(
                "EVAL",
                """
                for _, key in ipairs(redis.call('KEYS', 'infolink:token:*')) do
                  redis.call('COPY', key, 'kept:' .. key)
                  redis.call('HSET', key, 'a', 'another')
                end
                redis.call('HSET', 'never-ends', 'st', 'i')
                return 1
                """,
                "0");
        }

        public async ValueTask DisposeAsync()
        {
            _folder.Delete(recursive: true);
            if (_redisSpoilt)
            {
                // It is the other copies', too.
                await _places.Redis[0].AskAsync(
                    "EVAL", "for _, key in ipairs(redis.call('KEYS', 'kept:*')) do redis.call('RENAME', key, string.sub(key, 6)) end return redis.call('DEL', 'never-ends')", "0");
            }
        }

        private static void Execute(string path, string sql)
        {
            using var database = new SqliteConnection($"Data Source={path};Pooling=False");
            database.Open();
            database.Execute(sql);
        }
    }
}
