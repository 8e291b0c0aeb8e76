using InfoLink.Agent;
using InfoLink.Audit.Bundles;
using InfoLink.Audit.Reconciling;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency;
using InfoLink.Transparency.Witnessing;

namespace InfoLink.Tests.Threats;

/// <summary>What an oversight body sees: the bundles of broker and agencies, exported as they are and held against one another.</summary>
internal static class NetworkAudit
{
    /// <summary>All differences, none left out, of what is on record now.</summary>
    public static Task<IReadOnlyList<Difference>> ReconcileAsync(AgentNetwork network, params AgentHost[] agencies) => ReconcileAsync(network, TimeProvider.System, agencies);

    /// <summary>The same at another time: a bundle is not older than what it holds.</summary>
    public static async Task<IReadOnlyList<Difference>> ReconcileAsync(AgentNetwork network, TimeProvider time, params AgentHost[] agencies)
    {
        var bundles = Directory.CreateTempSubdirectory("infolink-bundles-");
        try
        {
            List<string> exported = [await ExportAsync(network.BrokerRecords, network.BrokerCosigning, null)];
            foreach (var agency in agencies)
            {
                exported.Add(await ExportAsync(agency.Log.Store, agency.Cosigning, network.Folder.AgencyPath(agency.Trust.Self.Value, "data/pins")));
            }

            var differences = new List<Difference>();
            var options = new ReconciliationOptions { Catalogs = [network.Folder.Catalog()], Each = differences.Add, Margin = TimeSpan.Zero };
            await Reconciliation.RunAsync(exported, network.Folder.Members(), options, CancellationToken.None);
            return differences;
        }
        finally
        {
            bundles.Delete(recursive: true);
        }

        async Task<string> ExportAsync(IEntryReader records, Cosigning cosigning, string? pins)
        {
            using var patience = new CancellationTokenSource(TestNetwork.Patience);
            await cosigning.UntilPublishedAsync(patience.Token);
            var path = Path.Combine(bundles.FullName, Path.GetRandomFileName());
            await BundleExport.WriteAsync(records, path, pins, time, patience.Token);
            return path;
        }
    }
}
