using InfoLink.Matching;

namespace InfoLink.Bench.Populations;

/// <summary>How often matching is right, over pairs of records of people who do not exist.</summary>
/// <param name="Pairs">Of each sort.</param>
/// <param name="WrongMatches">Pairs of different persons that were called a match.</param>
/// <param name="WrongDoubts">Pairs of different persons that were called ambiguous.</param>
/// <param name="Matches">Pairs of one person that were called a match.</param>
/// <param name="Doubts">Pairs of one person that were called ambiguous.</param>
internal sealed record MatchTrial(int Pairs, int WrongMatches, int WrongDoubts, int Matches, int Doubts)
{
    public static MatchTrial Run(int pairs, ulong seed, Action<BasicAttributes, BasicAttributes>? onWrong = null)
    {
        var draw = new Draw(seed);
        var (wrong, wrongDoubts, matches, doubts) = (0, 0, 0, 0);
        for (var i = 0; i < pairs; i++)
        {
            var person = MadeUpPerson.New(draw);
            var another = person.Another(draw);
            var bySex = person with { Sex = another.Sex } == another;
            var written = Scribe.Write(person, draw, bySex);
            var other = Scribe.Write(another, draw, bySex);
            var form = NormalForm.Of(written);
            switch (AttributeMatch.Compare(form, NormalForm.Of(other)).Outcome)
            {
                case MatchOutcome.Match:
                    wrong++;
                    onWrong?.Invoke(written, other);
                    break;
                case MatchOutcome.Ambiguous:
                    wrongDoubts++;
                    break;
                default:
                    break;
            }

            var outcome = AttributeMatch.Compare(form, NormalForm.Of(Scribe.Write(person, draw))).Outcome;
            matches += outcome is MatchOutcome.Match ? 1 : 0;
            doubts += outcome is MatchOutcome.Ambiguous ? 1 : 0;
        }

        return new MatchTrial(pairs, wrong, wrongDoubts, matches, doubts);
    }
}
