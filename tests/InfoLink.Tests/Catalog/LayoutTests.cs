using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using Xunit;

namespace InfoLink.Tests.Catalog;

public sealed class LayoutTests
{
    private static readonly Bilingual Named = new("名", "name");
    private static readonly ItemType Text = new ItemType.Text(2, 5, Pattern: null);
    private static readonly ItemType Kana = new ItemType.Text(1, 200, Pattern("[ァ-ヶー 　]+"));
    private static readonly ItemType Date = new ItemType.Date(new DateOnly(2000, 1, 1), new DateOnly(2026, 12, 31));
    private static readonly ItemType Amount = new ItemType.Integer(-5, 1_000);
    private static readonly ItemType Large = new ItemType.Integer(long.MinValue, long.MaxValue);
    private static readonly ItemType Rate = new ItemType.Decimal(-1m, 100m, 2);
    private static readonly ItemType Code = new ItemType.CodeList([new("01", Named), new("9Z", Named)]);
    private static readonly ItemType Flag = new ItemType.Boolean();
    private static readonly ItemType Number = new ItemType.IndividualNumber();

    public static TheoryData<string, string, LayoutRule?> Values => new()
    {
        { nameof(Text), "ab", null },
        { nameof(Text), "a", LayoutRule.TooShort },
        { nameof(Text), "", LayoutRule.TooShort },
        { nameof(Text), "abcde", null },
        { nameof(Text), "abcdef", LayoutRule.TooLong },
        { nameof(Text), "𠮷野家𠮷𠮷", null }, // Five characters, eight UTF-16 units.
        { nameof(Text), "𠮷野家𠮷𠮷𠮷", LayoutRule.TooLong },
        { nameof(Text), "神\uFA19", null }, // A compatibility ideograph stands as it is.
        { nameof(Text), "葛\U000E0100", null }, // A variation selector belongs to the name.
        { nameof(Text), "\uE000外", null }, // 外字 in private use.
        { nameof(Text), "a\nb", LayoutRule.ForbiddenCharacter },
        { nameof(Text), "a\0", LayoutRule.ForbiddenCharacter },
        { nameof(Text), "a\u0085", LayoutRule.ForbiddenCharacter },
        { nameof(Text), "a\u2028", LayoutRule.ForbiddenCharacter },
        { nameof(Text), "a\u202E", LayoutRule.ForbiddenCharacter },
        { nameof(Text), "a\u2066", LayoutRule.ForbiddenCharacter },
        { nameof(Text), "a\uFEFF", LayoutRule.ForbiddenCharacter },
        { nameof(Text), "a\uFFFF", LayoutRule.ForbiddenCharacter },
        { nameof(Kana), "ヤマダ　ハナコ", null },
        { nameof(Kana), "やまだ", LayoutRule.PatternNotMatched },
        { nameof(Kana), "ヤマダx", LayoutRule.PatternNotMatched }, // The whole text must match, not a part.
        { nameof(Date), "2026-09-01", null },
        { nameof(Date), "2024-02-29", null },
        { nameof(Date), "2026-02-29", LayoutRule.NotCanonical },
        { nameof(Date), "2026-9-1", LayoutRule.NotCanonical },
        { nameof(Date), "2026/09/01", LayoutRule.NotCanonical },
        { nameof(Date), " 2026-09-1", LayoutRule.NotCanonical },
        { nameof(Date), "２０２６-09-01", LayoutRule.NotCanonical },
        { nameof(Date), "1999-12-31", LayoutRule.OutOfRange },
        { nameof(Date), "2027-01-01", LayoutRule.OutOfRange },
        { nameof(Amount), "0", null },
        { nameof(Amount), "-5", null },
        { nameof(Amount), "1000", null },
        { nameof(Amount), "1001", LayoutRule.OutOfRange },
        { nameof(Amount), "-6", LayoutRule.OutOfRange },
        { nameof(Amount), "007", LayoutRule.NotCanonical },
        { nameof(Amount), "-0", LayoutRule.NotCanonical },
        { nameof(Amount), "+1", LayoutRule.NotCanonical },
        { nameof(Amount), "1,000", LayoutRule.NotCanonical },
        { nameof(Amount), "1.0", LayoutRule.NotCanonical },
        { nameof(Amount), "1e3", LayoutRule.NotCanonical },
        { nameof(Amount), "", LayoutRule.NotCanonical },
        { nameof(Amount), "-", LayoutRule.NotCanonical },
        { nameof(Amount), "１２", LayoutRule.NotCanonical },
        { nameof(Large), "9223372036854775807", null },
        { nameof(Large), "-9223372036854775808", null },
        { nameof(Large), "9223372036854775808", LayoutRule.OutOfRange },
        { nameof(Large), "99999999999999999999999", LayoutRule.NotCanonical },
        { nameof(Rate), "2.5", null },
        { nameof(Rate), "0.25", null },
        { nameof(Rate), "-0.5", null },
        { nameof(Rate), "100", null },
        { nameof(Rate), "2.50", LayoutRule.NotCanonical },
        { nameof(Rate), "2.", LayoutRule.NotCanonical },
        { nameof(Rate), ".5", LayoutRule.NotCanonical },
        { nameof(Rate), "-0", LayoutRule.NotCanonical },
        { nameof(Rate), "-0.0", LayoutRule.NotCanonical },
        { nameof(Rate), "0.125", LayoutRule.NotCanonical }, // Three digits behind the point.
        { nameof(Rate), "100.01", LayoutRule.OutOfRange },
        { nameof(Code), "9Z", null },
        { nameof(Code), "9z", LayoutRule.NotInCodeList },
        { nameof(Code), "1", LayoutRule.NotInCodeList },
        { nameof(Code), "", LayoutRule.NotInCodeList },
        { nameof(Flag), "true", null },
        { nameof(Flag), "True", LayoutRule.NotCanonical },
        { nameof(Flag), "1", LayoutRule.NotCanonical },
        { nameof(Number), "12345678901", LayoutRule.NotCanonical },
        { nameof(Number), "１２３４５６７８９０１２", LayoutRule.NotCanonical },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void One_value_has_one_text(string type, string text, LayoutRule? broken) =>
        Assert.Equal(broken, Broken(TypeOf(type), text));

    [Fact]
    public void An_unpaired_surrogate_is_no_text() => // Not in the table: it would not survive the runner's own UTF-8.
        Assert.Equal(LayoutRule.ForbiddenCharacter, Broken(Text, "a" + (char)0xD800 + "b"));

    [Fact]
    public void An_individual_number_needs_its_check_digit()
    {
        // Test data: eleven zeros and the digits after them are nobody's number; exactly one check digit fits each.
        foreach (var body in new[] { "00000000000", "00000000001", "00000000019", "99999999999" })
        {
            var fitting = Enumerable.Range(0, 10).Count(check => Broken(Number, body + check.ToString(CultureInfo.InvariantCulture)) is null);
            Assert.Equal(1, fitting);
            Assert.Contains(LayoutRule.CheckDigitWrong, Enumerable.Range(0, 10).Select(check => Broken(Number, $"{body}{check}")).OfType<LayoutRule>());
        }
    }

    [Fact]
    public void Every_integer_in_its_usual_form_is_canonical() =>
        Prop.ForAll(ArbMap.Default.ArbFor<long>(), number => Broken(Large, number.ToString(CultureInfo.InvariantCulture)) is null)
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Two_canonical_texts_of_one_number_are_one_text() =>
        Prop.ForAll(
                Arb.From(Gen.Elements("0", "1", "-", "+", ".", "5", "0").ListOf().Select(string.Concat)),
                text => Broken(Rate, text) is not null
                    || string.Equals(text, decimal.Parse(text, CultureInfo.InvariantCulture).ToString("0.############", CultureInfo.InvariantCulture), StringComparison.Ordinal))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    [Fact]
    public void No_text_of_whatever_kind_makes_the_check_fail() =>
        Prop.ForAll(
                ArbMap.Default.ArbFor<string?>(),
                Arb.From(Gen.Elements(Text, Kana, Date, Amount, Rate, Code, Flag, Number)),
                (text, type) => Broken(type, text ?? "") is null or >= LayoutRule.UnknownItem)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Fact]
    public void A_required_item_is_a_value_or_an_allowed_reason()
    {
        var kind = Kind(Item("amount", Amount, required: true, AbsenceReason.NotRecorded), Item("note", Text, required: false));
        Assert.Equal(["amount: Missing"], Violations(kind), StringComparer.Ordinal);
        Assert.Empty(Violations(kind, ("amount", new ItemAnswer.Value("1"))));
        Assert.Empty(Violations(kind, ("amount", new ItemAnswer.Absent(AbsenceReason.NotRecorded))));
        Assert.Equal(["amount: ReasonNotAllowed"], Violations(kind, ("amount", new ItemAnswer.Absent(AbsenceReason.WithheldByLaw))), StringComparer.Ordinal);

        // An optional item may be left out; where it stands, it keeps the rules all the same.
        Assert.Equal(
            ["note: ReasonNotAllowed"],
            Violations(kind, ("amount", new ItemAnswer.Value("1")), ("note", new ItemAnswer.Absent(AbsenceReason.NotRecorded))),
            StringComparer.Ordinal);
    }

    [Fact]
    public void Every_violation_is_told_at_once()
    {
        var kind = Kind(Item("amount", Amount, required: true), Item("day", Date, required: true), Item("code", Code, required: true));
        Assert.Equal(
            ["amount: OutOfRange", "day: NotCanonical", "code: Missing", "more: UnknownItem"],
            Violations(
                kind,
                ("amount", new ItemAnswer.Value("5000")),
                ("day", new ItemAnswer.Value("today")),
                ("more", new ItemAnswer.Value("x"))),
            StringComparer.Ordinal);
    }

    [Fact]
    public void A_violation_never_shows_what_was_sent()
    {
        const string Secret = "ヤマダ ハナコ 123456";
        var kind = Kind(Item("amount", Amount, required: true));
        var violations = Violations(kind, ("amount", new ItemAnswer.Value(Secret)), (Secret, new ItemAnswer.Value(Secret)));
        Assert.Equal(["amount: NotCanonical", $"{Layout.UnnamedItem}: UnknownItem"], violations, StringComparer.Ordinal);
    }

    [Fact]
    public void An_answer_does_not_print_its_value()
    {
        var answer = new ItemAnswer.Value("ヤマダ ハナコ");
        Assert.DoesNotContain("ヤマダ", answer.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("ヤマダ", $"{new Dictionary<string, ItemAnswer>(StringComparer.Ordinal) { ["a"] = answer }.First()}", StringComparison.Ordinal);
    }

    [Fact]
    public void A_flood_of_unknown_items_is_cut_short()
    {
        var answers = Enumerable.Range(0, 10_000).Select(i => ($"x{i}", (ItemAnswer)new ItemAnswer.Value("1"))).ToArray();
        Assert.Equal(20, Violations(Kind(), answers).Count());
    }

    [Fact]
    public void A_pattern_cannot_hold_the_reader_up()
    {
        // Doubly exponential for a backtracking engine.
        var type = new ItemType.Text(1, 2_000, Pattern("((a+)+)+b"));
        Assert.Equal(LayoutRule.PatternNotMatched, Broken(type, new string('a', 2_000)));
    }

    [Theory]
    [InlineData("not-recorded")]
    [InlineData("not-applicable")]
    [InlineData("not-yet-determined")]
    [InlineData("withheld-by-law")]
    [InlineData("not-acceptable")]
    [InlineData("not-converted")]
    public void A_reason_comes_back_from_its_id(string id)
    {
        Assert.True(AbsenceReason.TryParse(id, out var reason));
        Assert.Equal(id, reason.ToString());
        Assert.False(AbsenceReason.TryParse(id.ToUpperInvariant(), out _));
    }

    private static LayoutRule? Broken(ItemType type, string text) =>
        Layout.Check(Kind(Item("item", type, required: true)), new Dictionary<string, ItemAnswer>(StringComparer.Ordinal) { ["item"] = new ItemAnswer.Value(text) })
            .SingleOrDefault()?.Rule;

    private static IEnumerable<string> Violations(InformationKind kind, params (string Id, ItemAnswer Answer)[] answers) =>
        Layout.Check(kind, answers.ToDictionary(pair => pair.Id, pair => pair.Answer, StringComparer.Ordinal)).Select(violation => violation.ToString());

    private static DataItem Item(string id, ItemType type, bool required, params AbsenceReason[] reasons) =>
        new() { Id = id, Name = Named, Type = type, Required = required, AbsenceReasons = [.. reasons] };

    private static InformationKind Kind(params DataItem[] items) => new()
    {
        Id = KindId.Parse("kind"),
        Name = Named,
        LegalTerm = "情報",
        LayoutIsIllustrative = true,
        Needs = NeededConditions.None,
        Items = [.. items],
    };

    private static TextPattern Pattern(string source) =>
        TextPattern.TryCreate(source, out var pattern, out var cause) ? pattern : throw new ArgumentException(cause, nameof(source));

    private static ItemType TypeOf(string name) => name switch
    {
        nameof(Text) => Text,
        nameof(Kana) => Kana,
        nameof(Date) => Date,
        nameof(Amount) => Amount,
        nameof(Large) => Large,
        nameof(Rate) => Rate,
        nameof(Code) => Code,
        nameof(Flag) => Flag,
        _ => Number,
    };
}
