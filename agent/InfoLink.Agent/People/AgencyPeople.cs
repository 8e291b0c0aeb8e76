using InfoLink.Agent.Links;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.People;

/// <summary>
/// Who of the agency may do what, by <see cref="PeopleOptions"/>. The operators' file is looked at again when it has changed, at most once a second; one with errors changes nothing, and is an alarm.
/// </summary>
internal sealed partial class AgencyPeople
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly PeopleOptions? _options;
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger<AgencyPeople> _logger;
    private readonly Lock _reading = new();
    private volatile IReadOnlyDictionary<string, IReadOnlyList<Operator>> _operators = new Dictionary<string, IReadOnlyList<Operator>>(StringComparer.Ordinal);
    private (DateTime Written, long Length)? _read;
    private long _looked;

    /// <param name="options">Null: whatever the existing system says of its people holds.</param>
    /// <param name="path">The operators' file; empty: none.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For alarms.</param>
    public AgencyPeople(PeopleOptions? options, string path, TimeProvider time, ILogger<AgencyPeople> logger)
    {
        (_options, _path, _time, _logger) = (options, options is { Operators.Length: > 0 } ? path : "", time, logger);
        if (_path.Length > 0)
        {
            Look();
        }
    }

    /// <summary>May this operator ask under this entry, from this terminal?</summary>
    public Refusal? WhyNotAsk(Asker who, EntryId entry) => _options is null ? null : Find(who) switch
    {
        null => new Refusal(RefusalName.OperatorUnknown),
        { } one when !one.MayUse(who.Terminal) => new Refusal(RefusalName.OperatorNotAllowed, "terminal"),
        { } one when !one.Roles.Any(role => Covers(_options.Roles[role].Ask, entry)) => new Refusal(RefusalName.OperatorNotAllowed, "entry"),
        _ => null,
    };

    /// <summary>May this operator decide on answers under this entry?</summary>
    public Refusal? WhyNotAnswer(LinkAct by, EntryId entry) => WhyNot(by.Operator, role => Covers(role.Answer, entry), by.Claims);

    /// <summary>Does a second person release questions under this entry?</summary>
    public bool NeedsTwo(EntryId entry) => _options?.FourEyes is { } options && Covers(options.Entries, entry);

    /// <summary>May this operator release questions under this entry?</summary>
    public Refusal? WhyNotRelease(LinkAct by, EntryId entry) => WhyNot(by.Operator, role => Covers(role.Release, entry), by.Claims);

    /// <summary>May this operator change what the agent does?</summary>
    public Refusal? WhyNotOperate(string id, OperatorClaims? claims) => WhyNot(id, role => role.Operate, claims);

    /// <summary>May this operator read the agency's log?</summary>
    public Refusal? WhyNotAudit(LinkAct by) => WhyNot(by.Operator, role => role.Audit, by.Claims);

    /// <summary>As the operator stands in items ⑦ and ⑧.</summary>
    public string RecordedAs(Asker who) => _options is null ? who.Operator : Find(who) is { } one ? RecordedAs(one) : who.Operator;

    /// <inheritdoc cref="RecordedAs(Asker)"/>
    public string RecordedAs(string id) => _options is null ? id : Find(id) is { } one ? RecordedAs(one) : id;

    /// <inheritdoc cref="RecordedAs(Asker)"/>
    public string RecordedAs(LinkAct by) => RecordedAs(new Asker(by.Operator, Terminal: "", Use: "") { Claims = by.Claims });

    private string RecordedAs(Operator one) => _options!.Record switch
    {
        "department" => one.Department,
        "attribute" => one.Attribute,
        "name" when one.Name.Length > 0 => $"{one.Name} ({one.Id})",
        _ => one.Id,
    };

    private Refusal? WhyNot(string id, Func<RoleOptions, bool> may, OperatorClaims? claims = null) => _options is null ? null : Find(new Asker(id, Terminal: "", Use: "") { Claims = claims }) switch
    {
        null => new Refusal(RefusalName.OperatorUnknown),
        { } one when !one.Roles.Any(role => may(_options.Roles[role])) => new Refusal(RefusalName.OperatorNotAllowed, "role"),
        _ => null,
    };

    /// <summary>What an authenticated proxy says of somebody goes before the file; roles that agent.json has not are none.</summary>
    private Operator? Find(Asker who) => who.Claims is { } claims
        ? new Operator(
            who.Operator, claims.Name, claims.Attribute, claims.Department, [.. claims.Roles.Where(_options!.Roles.ContainsKey)], [], DateOnly.MinValue, DateOnly.MaxValue)
        : Find(who.Operator);

    private Operator? Find(string id)
    {
        if (_path.Length > 0 && _time.GetElapsedTime(Volatile.Read(ref _looked)) >= Pause)
        {
            Look();
        }

        var today = JapanTime.Today(_time);
        return _operators.GetValueOrDefault(id)?.FirstOrDefault(one => one.IsOn(today));
    }

    private void Look()
    {
        lock (_reading)
        {
            Volatile.Write(ref _looked, _time.GetTimestamp());
            var stamp = StampOf(_path);
            if (stamp == _read)
            {
                return;
            }

            var (operators, errors) = OperatorFile.Read(_options!, _path);
            _read = stamp;
            if (errors.Count > 0)
            {
                Log.NotTaken(_logger, errors.Count, errors[0]);
                return;
            }

            _operators = operators;
            Log.Taken(_logger, operators.Count);
        }
    }

    /// <summary>A file that is not there has a stamp of its own.</summary>
    private static (DateTime Written, long Length) StampOf(string path) => new FileInfo(path) is { Exists: true } file ? (file.LastWriteTimeUtc, file.Length) : default;

    private static bool Covers(IEnumerable<string> patterns, EntryId entry) => patterns.Any(text => EntryPattern.TryParse(text, out var pattern) && pattern.Covers(entry));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The operators' file is taken: {Operators} operators")]
        public static partial void Taken(ILogger logger, int operators);

        [LoggerMessage(2, LogLevel.Error, "ALARM: the operators' file has changed and is not taken; the operators before it stay, if there were any. {Errors} errors, the first: {Error}")]
        public static partial void NotTaken(ILogger logger, int errors, string error);
    }
}
