using InfoLink.Agent.Linking;

namespace InfoLink.LinkClerk;

/// <summary>Tells at once, in the order in which it happens.</summary>
internal sealed class Told : IProgress<LinkJob>
{
    public void Report(LinkJob value) => Console.WriteLine($"AT {value.Next}");
}
