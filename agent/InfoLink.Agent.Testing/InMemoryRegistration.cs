using Microsoft.Extensions.DependencyInjection;

namespace InfoLink.Agent.Testing;

/// <summary>An agent in memory, where a program takes its agent from the container.</summary>
public static class InMemoryRegistration
{
    /// <summary>The program under test asks through this agency, instead of through <c>AddInfoLinkAgent</c>.</summary>
    public static IServiceCollection AddInMemoryInfoLinkAgent(this IServiceCollection services, InMemoryAgency agency) => services.AddSingleton(agency.Agent);
}
