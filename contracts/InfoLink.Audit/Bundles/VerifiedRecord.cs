using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.V1;

namespace InfoLink.Audit.Bundles;

/// <summary>A record of a bundle whose 65 bytes stand in its log.</summary>
/// <param name="Serial">Its place.</param>
/// <param name="LeafHash">What receipts and request commitments name.</param>
/// <param name="Open">Its open part.</param>
/// <param name="Subjects">Its subject leaves, in order.</param>
internal sealed record VerifiedRecord(long Serial, Sha256Digest LeafHash, OpenPart Open, IReadOnlyList<SubjectLeaf> Subjects);
