using System.Runtime.CompilerServices;
using InfoLink.Agent.Host.Linking;
using InfoLink.Agent.Sources.Replicas;

namespace InfoLink.Agent.Host.Replicas;

/// <summary>
/// Replicas over the local socket: <c>POST /v1/replica/import</c> imports a file that the agent reads itself and answers with a line of JSON for each step; who leaves stops it, and then nothing was
/// imported. <c>POST /v1/replica/recall</c> takes the delivery in use back. <c>GET /v1/replica</c> tells how replicas stand, <c>GET /v1/replica/deliveries</c> what was delivered.
/// </summary>
internal static class ReplicaApi
{
    public static void Map(WebApplication host)
    {
        host.MapPost("/v1/replica/import", (HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) =>
            LocalAnswers.TellAsync<ImportWish, ImportTold>(request, wish =>
            {
                LocalAnswers.RequireMayOperate(request.HttpContext, wish.Operator);
                return wish.RunAsync(agent.Replicas, cancellation);
            }));
        MapStanding(host);
    }

    /// <summary>How replicas stand, and taking a delivery back.</summary>
    public static void MapStanding(IEndpointRouteBuilder host)
    {
        host.MapPost("/v1/replica/recall", (HttpRequest request, InfoLinkAgent agent) =>
            LocalAnswers.OfAsync<RecallWish, ReplicaStanding>(request, wish => agent.Replicas.RecallAsync(wish.Source, wish.Operator, wish.Reason)));
        host.MapGet("/v1/replica", (InfoLinkAgent agent) => LocalAnswers.OfAsync(() => Task.FromResult(agent.Replicas.Standing())));
        host.MapGet("/v1/replica/deliveries", (string source, InfoLinkAgent agent) => LocalAnswers.OfAsync(() => Task.FromResult(agent.Replicas.Deliveries(source))));
    }

    /// <summary>A file to import; <paramref name="File"/> is a whole path, and the agent's user must be able to read it.</summary>
    internal sealed record ImportWish(
        string Operator, string Source, string File, long? Rows = null, string? Sha256 = null, DateTimeOffset? AsOf = null, bool ConfirmShrink = false, string? Reason = null)
    {
        /// <exception cref="FormatException">What is wrong with it.</exception>
        public async IAsyncEnumerable<ImportTold> RunAsync(ReplicaDeliveries replicas, [EnumeratorCancellation] CancellationToken cancellation)
        {
            if (string.IsNullOrWhiteSpace(Operator) || Operator.Length > 200 || Reason?.Length > 500)
            {
                throw new FormatException("Say who imports it; at most 200 characters, and 500 for a reason.");
            }

            if (!Path.IsPathFullyQualified(File) || Rows < 0 || (Sha256 is { } digest && (digest.Length != 64 || !digest.All(char.IsAsciiHexDigit))))
            {
                throw new FormatException("file: a whole path; rows: a count; sha256: 64 hexadecimal digits.");
            }

            var wish = new DeliveryWish(Source, File, Operator) { Reason = Reason ?? "", Rows = Rows, Sha256 = Sha256, AsOf = AsOf, ConfirmShrink = ConfirmShrink };
            ReplicaStanding? standing = null;
            var steps = Steps.OfAsync<DeliveryProgress, DeliveryProgress>(
                async progress =>
                {
                    var last = new LastTold(progress);
                    standing = await replicas.ImportAsync(wish, last, cancellation);
                    return last.Value;
                },
                (step, _) => step,
                cancellation);
            await foreach (var step in steps)
            {
                yield return new ImportTold(step, standing);
            }
        }

        /// <summary>Passes progress on, and keeps the last.</summary>
        private sealed class LastTold(IProgress<DeliveryProgress> to) : IProgress<DeliveryProgress>
        {
            public DeliveryProgress Value { get; private set; } = new(0, 0, 0);

            public void Report(DeliveryProgress value)
            {
                Value = value;
                to.Report(value);
            }
        }
    }

    /// <summary>How far it is; at the end with how the replica stands.</summary>
    internal sealed record ImportTold(DeliveryProgress Progress, ReplicaStanding? Standing = null);

    internal sealed record RecallWish(string Operator, string Reason, string Source) : LocalWish(Operator, Reason);
}
