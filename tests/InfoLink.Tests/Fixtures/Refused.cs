using Grpc.Core;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Fixtures;

/// <summary>A call must be refused: by this name, with its status, and with cause and way out in both languages.</summary>
internal static class Refused
{
    /// <summary>The call's end, for further looks.</summary>
    public static async Task<RpcException> ByAsync(RefusalName expected, Func<Task> call, string detail = "")
    {
        var fault = await Assert.ThrowsAsync<RpcException>(call);
        var row = RefusalTable.Of(expected);
        var trailer = fault.Trailers.GetValueBytes(RefusalWire.TrailerName);
        Assert.True(trailer is not null, $"No refusal in the trailer, but {fault.Status}");
        var told = V1.Refusal.Parser.ParseFrom(trailer);
        Assert.Equal(expected, told.Name);
        Assert.Equal(row.Status, fault.StatusCode);
        Assert.Equal(detail, told.Detail);
        Assert.Equal(row.Retryable, told.Retryable);
        Assert.Equal((row.En.Cause, row.En.WayOut), (told.CauseEn, told.WayOutEn));
        Assert.Equal((row.Ja.Cause, row.Ja.WayOut), (told.CauseJa, told.WayOutJa));
        Assert.All([told.CauseEn, told.WayOutEn, told.CauseJa, told.WayOutJa], Assert.NotEmpty);
        Assert.StartsWith(row.Text, fault.Status.Detail, StringComparison.Ordinal);
        return fault;
    }
}
