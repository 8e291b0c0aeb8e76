using InfoLink.Samples.Registry.Drifting;
using InfoLink.Samples.Registry.Keeping;
using InfoLink.V1;

namespace InfoLink.Samples.Registry.Matching;

/// <summary>What came of looking for people whose codes are known.</summary>
/// <param name="Persons">Looked for.</param>
/// <param name="Right">Found.</param>
/// <param name="Wrong">Taken for another: what must not be.</param>
/// <param name="Ambiguous">Left to a human.</param>
/// <param name="NotFound">Nobody.</param>
/// <param name="PersonsPerSecond">On one processor, the comparison and its reading alone.</param>
/// <param name="Reasons">Why not found, the most frequent first.</param>
internal sealed record TrialResult(int Persons, int Right, int Wrong, int Ambiguous, int NotFound, double PersonsPerSecond, IReadOnlyList<(string Reason, int Times)> Reasons);

/// <summary>Looks for a register's own people through what old systems do to records.</summary>
internal static class Trial
{
    public static TrialResult Run(Register register, OldRecords records, int count, TimeProvider time)
    {
        var search = new PersonSearch(register);
        var (right, wrong, ambiguous, notFound, asked) = (0, 0, 0, 0, 0L);
        var spent = TimeSpan.Zero;
        var reasons = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var portion in register.All().Take(count).Chunk(RegistryEdge.MostPersons))
        {
            var written = portion.Select(person => records.Of(person, asked++)).ToList();
            var began = time.GetTimestamp();
            var found = search.Search([.. written.Select(record => record.Attributes)], MatchPurpose.LinkPurpose, CancellationToken.None);
            spent += time.GetElapsedTime(began);
            for (var i = 0; i < portion.Length; i++)
            {
                switch (found[i])
                {
                    case Found.Person person when person.Code.Equals(portion[i].Code):
                        right++;
                        break;
                    case Found.Person:
                        wrong++;
                        break;
                    case Found.Several several:
                        ambiguous++;
                        Count(several.Reasons);
                        break;
                    case Found.Nobody nobody:
                        notFound++;
                        Count(nobody.Reasons);
                        break;
                }
            }
        }

        return new TrialResult((int)asked, right, wrong, ambiguous, notFound, asked / Math.Max(spent.TotalSeconds, 1e-9), [.. reasons.OrderByDescending(each => each.Value).Select(each => (each.Key, each.Value))]);

        void Count(IReadOnlyList<string> ids)
        {
            var key = string.Join(' ', ids);
            reasons[key] = reasons.GetValueOrDefault(key) + 1;
        }
    }
}
