using InfoLink.Contracts.Notes;

namespace InfoLink.Transparency.Witnessing;

/// <summary>Whom a log's owner asks, and how many of them must cosign before anything is published.</summary>
/// <param name="Needed">0: the log's own signature is enough; cosignatures are collected all the same.</param>
/// <param name="Witnesses">By pinned keys.</param>
public sealed record WitnessPanel(int Needed, IReadOnlyList<WitnessToAsk> Witnesses);

/// <summary>A witness as the log's owner reaches it.</summary>
/// <param name="Key">Pinned.</param>
/// <param name="AskAsync">One request. A witness that cannot be reached is an exception.</param>
public sealed record WitnessToAsk(NoteKey Key, Func<WitnessRequest, CancellationToken, Task<WitnessResult>> AskAsync);
