using InfoLink.Agent.Asking;
using InfoLink.Agent.Inspection;
using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.Agent.Manual;
using InfoLink.Agent.People;
using InfoLink.Agent.People.Releasing;
using InfoLink.Agent.Remedy;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Sources.Replicas;
using InfoLink.Hosting.Trust;

namespace InfoLink.Agent;

/// <content>What the face stands on.</content>
public sealed partial class InfoLinkAgent
{
    /// <summary>What the face needs of a running agent.</summary>
    internal sealed record Running(IExchange Requesting, LinkTable Links, Questions Questions, BulkAsking Bulk, TrustBase Trust, TimeProvider Time)
    {
        private readonly Upkeep? _upkeep;

        /// <exception cref="NotSupportedException">In a developer's tests there is no registry, no code authority and nothing to keep up.</exception>
        public Upkeep Upkeep
        {
            get => _upkeep ?? throw new NotSupportedException("An agent in memory asks and answers; it has no registry, no code authority and no other agency's notices.");
            init => _upkeep = value;
        }
    }

    /// <summary>What keeps an agency's links good.</summary>
    internal sealed record Upkeep(
        PersonLinking Linking,
        BulkLinking Population,
        CodeRotation Rotation,
        Absorption Absorption,
        Verification Verification,
        VerificationSchedule Schedule,
        Remedies Remedies,
        AgencyPeople People,
        OwnAudit Audit,
        AnswerQueue Queue,
        PendingAnswers Pending,
        ReplicaDeliveries Replicas,
        Releases Releases);
}
