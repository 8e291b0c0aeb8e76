using Grpc.Health.V1;

namespace Grpc.HealthCheck;

/// <summary>The health of a server and its services, as <c>grpc.health.v1</c>. Register it as a singleton, map it, and set statuses on it.</summary>
public class HealthServiceImpl : Grpc.Health.V1.Health.HealthBase
{
    /// <summary>Sets the status of a service; the empty name is the server as a whole.</summary>
    public void SetStatus(string service, HealthCheckResponse.Types.ServingStatus status) => throw new NotSupportedException();

    /// <summary>Forgets a service: it is unknown again.</summary>
    public void ClearStatus(string service) => throw new NotSupportedException();

    /// <summary>Forgets every service.</summary>
    public void ClearAll() => throw new NotSupportedException();
}
