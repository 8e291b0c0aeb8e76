using System.Data.Common;
using InfoLink.Contracts.Refusals;
using InfoLink.Numbering.Individuals;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Numbering;

/// <summary>Faults that have a refusal of their own leave as it; a store's own message stays here.</summary>
internal static class Faults
{
    public static async Task<T> NamedAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (RefusedException refused)
        {
            throw refused.Refusal.ToRpcException();
        }
        catch (NoticesFullException)
        {
            throw new Contracts.Refusals.Refusal(RefusalName.Overloaded, "notices that wait to be sent", TimeSpan.FromMinutes(10)).ToRpcException();
        }
        catch (LogUnavailableException)
        {
            throw new Contracts.Refusals.Refusal(RefusalName.LogUnavailable).ToRpcException();
        }
        catch (DbException)
        {
            throw new Contracts.Refusals.Refusal(RefusalName.InternalFault, "the store").ToRpcException();
        }
    }
}
