using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Google.Protobuf;

namespace InfoLink.Tests.House;

/// <summary>
/// What a developer can see: every public type of the given assemblies with its public and protected members, and of what all parties agree on every type that stands in a signature of them.
/// One line for each, in a fixed order; what the compiler writes for every record is left out.
/// </summary>
internal sealed class PublicSurface
{
    private const BindingFlags Visible = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
    private static readonly Dictionary<Type, string> Short = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(decimal)] = "decimal",
        [typeof(char)] = "char",
    };

    private static readonly string?[] Followed = ["InfoLink.Agent", "InfoLink.Agent.Testing", "InfoLink.Contracts", "InfoLink.Matching"];
    private readonly NullabilityInfoContext _nullability = new();
    private readonly HashSet<Type> _seen = [];
    private readonly Queue<Type> _open = new();

    public static string Of(params Assembly[] assemblies)
    {
        var surface = new PublicSurface();
        foreach (var type in assemblies.SelectMany(assembly => assembly.GetExportedTypes()))
        {
            surface.Meet(type);
        }

        var blocks = new SortedDictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        while (surface._open.TryDequeue(out var type))
        {
            blocks[surface.Head(type)] = [.. surface.Members(type).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        }

        var text = new StringBuilder();
        foreach (var (head, members) in blocks)
        {
            text.Append(head).Append('\n');
            foreach (var member in members)
            {
                text.Append("  ").Append(member).Append('\n');
            }
        }

        return text.ToString();
    }

    private void Meet(Type type)
    {
        while (type.HasElementType)
        {
            type = type.GetElementType()!;
        }

        foreach (var argument in type.GetGenericArguments())
        {
            if (!argument.IsGenericParameter)
            {
                Meet(argument);
            }
        }

        type = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        if (!type.IsGenericParameter && Followed.Contains(type.Assembly.GetName().Name) && _seen.Add(type))
        {
            _open.Enqueue(type);
        }
    }

    private string Head(Type type)
    {
        var what = type switch
        {
            { IsEnum: true } => "enum",
            { IsInterface: true } => "interface",
            { IsValueType: true } => "struct",
            _ when typeof(Delegate).IsAssignableFrom(type) => "delegate",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        var bases = new List<Type>();
        if (type is { IsInterface: false, IsEnum: false, BaseType: { } parent } && parent != typeof(object) && parent != typeof(ValueType))
        {
            bases.Add(parent);
        }

        if (!type.IsEnum && !IsMessage(type))
        {
            bases.AddRange(type.GetInterfaces().Where(shape => shape.IsVisible && !bases.Exists(shape.IsAssignableFrom)));
        }

        foreach (var each in bases)
        {
            Meet(each);
        }

        return $"{type.Assembly.GetName().Name}: {what} {Name(type)}{(bases.Count == 0 ? "" : $" : {string.Join(", ", bases.Select(Name).Order(StringComparer.Ordinal))}")}";
    }

    private IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => $"{field.Name} = {Convert.ToInt64(field.GetRawConstantValue()):D}");
        }

        // A message of the contract is described by its proto; here it counts that it is seen at all.
        return IsMessage(type) ? [] : type.GetMembers(Visible).Select(Member).OfType<string>();
    }

    private static bool IsMessage(Type type) => typeof(IMessage).IsAssignableFrom(type);

    private string? Member(MemberInfo member) => member switch
    {
        MethodBase made when made.IsDefined(typeof(CompilerGeneratedAttribute)) => null,
        ConstructorInfo made when IsSeen(made) => $"new({Parameters(made)})",
        MethodInfo { IsSpecialName: false } method when IsSeen(method) && !method.Name.Contains('<', StringComparison.Ordinal) =>
            $"{Scope(method)}{Type(method.ReturnType, _nullability.Create(method.ReturnParameter))} {method.Name}{Generic(method)}({Parameters(method)})",
        MethodInfo { IsSpecialName: true } method when IsSeen(method) && method.Name.StartsWith("op_", StringComparison.Ordinal) =>
            $"static {Type(method.ReturnType, info: null)} {method.Name}({Parameters(method)})",
        PropertyInfo property when property.GetAccessors(nonPublic: true).Any(IsSeen) => Property(property),
        FieldInfo { IsSpecialName: false } field when field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly =>
            $"{(field.IsLiteral ? "const " : field.IsStatic ? "static readonly " : "")}{Type(field.FieldType, _nullability.Create(field))} {field.Name}{(field.IsLiteral ? $" = {field.GetRawConstantValue()}" : "")}",
        EventInfo { AddMethod: { } add } happening when IsSeen(add) => $"event {Type(happening.EventHandlerType!, info: null)} {happening.Name}",
        _ => null,
    };

    private string Property(PropertyInfo property)
    {
        var accessors = new List<string>();
        if (property.GetMethod is { } get && IsSeen(get))
        {
            accessors.Add("get");
        }

        if (property.SetMethod is { } set && IsSeen(set))
        {
            accessors.Add(set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init" : "set");
        }

        var index = property.GetIndexParameters();
        return string.Concat(
            Scope(property.GetAccessors(nonPublic: true)[0]),
            property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "",
            Type(property.PropertyType, _nullability.Create(property)),
            " ",
            index.Length == 0 ? property.Name : $"this[{string.Join(", ", index.Select(Parameter))}]",
            $" {{ {string.Join("; ", accessors)}; }}");
    }

    private static string Scope(MethodBase method) => string.Concat(method.IsFamily || method.IsFamilyOrAssembly ? "protected " : "", method.IsStatic ? "static " : "");

    private static bool IsSeen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Generic(MethodInfo method) => method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>" : "";

    private string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private string Parameter(ParameterInfo parameter) => string.Concat(
        parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? parameter.IsIn ? "in " : "ref " : "",
        Type(parameter.ParameterType, _nullability.Create(parameter)),
        " ",
        parameter.Name,
        parameter.HasDefaultValue ? $" = {parameter.RawDefaultValue switch { null => "default", string text => $"\"{text}\"", var value => value }}" : "");

    private string Type(Type type, NullabilityInfo? info)
    {
        Meet(type);
        if (type.IsByRef)
        {
            return Type(type.GetElementType()!, info?.ElementType ?? info);
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return $"{Type(underlying, info: null)}?";
        }

        var isNull = !type.IsValueType && info is { ReadState: NullabilityState.Nullable } or { WriteState: NullabilityState.Nullable, ReadState: NullabilityState.Unknown };
        var name = type.IsGenericType && info is not null && info.GenericTypeArguments.Length == type.GetGenericArguments().Length
            ? $"{Plain(type)}<{string.Join(", ", type.GetGenericArguments().Zip(info.GenericTypeArguments, Type))}>"
            : type.IsArray ? $"{Type(type.GetElementType()!, info?.ElementType)}[]" : Name(type);
        return isNull && !type.IsGenericParameter ? $"{name}?" : name;
    }

    private static string Name(Type type) =>
        type.IsGenericParameter ? type.Name
        : Short.TryGetValue(type, out var plain) ? plain
        : type.IsArray ? $"{Name(type.GetElementType()!)}[]"
        : type.IsGenericType ? $"{Plain(type)}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
        : Plain(type);

    /// <summary>With its namespace where it is the house's; others are known by their names.</summary>
    private static string Plain(Type type)
    {
        var own = type.Name.Split('`')[0];
        var nested = type.DeclaringType is { } around && !type.IsGenericParameter ? $"{Plain(around)}.{own}" : own;
        return type.DeclaringType is null && type.Namespace?.StartsWith("InfoLink", StringComparison.Ordinal) == true ? $"{type.Namespace}.{nested}" : nested;
    }
}
