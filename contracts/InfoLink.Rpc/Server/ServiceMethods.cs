using System.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace InfoLink.Rpc.Server;

/// <summary>One method ready to be mapped: its shape, the attributes of class and method, and what serves it.</summary>
internal sealed record ServiceMethod(IMethod Method, IReadOnlyList<object> Attributes, RequestDelegate Serve);

/// <summary>Finds the methods of a service through its generated <c>BindService</c>.</summary>
internal static class ServiceMethods
{
    /// <exception cref="InvalidOperationException">The type derives from no generated service base.</exception>
    public static IReadOnlyList<ServiceMethod> Of<TService>(ServerEdge edge)
        where TService : class
    {
        var marker = typeof(TService).GetCustomAttribute<BindServiceMethodAttribute>(inherit: true)
            ?? throw new InvalidOperationException($"{typeof(TService)} derives from no generated gRPC service base.");
        var bind = marker.BindType
            .GetMethods(BindingFlags.Public | BindingFlags.Static)
            .SingleOrDefault(method => string.Equals(method.Name, marker.BindMethodName, StringComparison.Ordinal)
                && method.GetParameters() is [var binder, var service]
                && binder.ParameterType == typeof(ServiceBinderBase)
                && service.ParameterType.IsAssignableFrom(typeof(TService)))
            ?? throw new InvalidOperationException($"{marker.BindType} has no {marker.BindMethodName}(ServiceBinderBase, service).");
        var gathered = new Binder<TService>(edge);
        bind.Invoke(obj: null, [gathered, null]);
        return gathered.Methods;
    }

    // Run without an instance, BindService only names each method with its marshallers. The C# method of that name is then called on an instance per call.
    private sealed class Binder<TService>(ServerEdge edge) : ServiceBinderBase
        where TService : class
    {
        public List<ServiceMethod> Methods { get; } = [];

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
        {
            var info = Find(method, typeof(TRequest), typeof(ServerCallContext));
            var invoke = info.CreateDelegate<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>();
            Add(method, info, new UnaryEndpoint<TService, TRequest, TResponse>(edge, method, edge.LongestOf(info, typeof(TService)), invoke).ServeAsync);
        }

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
        {
            var info = Find(method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
            var invoke = info.CreateDelegate<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>();
            Add(method, info, new ServerStreamingEndpoint<TService, TRequest, TResponse>(edge, method, edge.LongestOf(info, typeof(TService)), invoke).ServeAsync);
        }

        // Out of profile, so not mapped: such calls are answered like any path nobody serves, with UNIMPLEMENTED.
        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
        {
        }

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
        {
        }

        private void Add(IMethod method, MethodInfo info, RequestDelegate serve) =>
            Methods.Add(new ServiceMethod(method, [.. typeof(TService).GetCustomAttributes(inherit: true), .. info.GetCustomAttributes(inherit: true)], serve));

        private static MethodInfo Find(IMethod method, params Type[] parameters) =>
            typeof(TService).GetMethod(method.Name, BindingFlags.Public | BindingFlags.Instance, parameters)
            ?? throw new InvalidOperationException($"{typeof(TService)} has no public method {method.Name} with the generated parameters.");
    }
}
