using System.Text;
using Google.Protobuf;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Notes;
using InfoLink.Transparency.Witnessing;
using InfoLink.V1;

namespace InfoLink.Hosting.Witnessing;

/// <summary>Between messages and values, on both sides of the wire.</summary>
internal static class WitnessMessages
{
    public static AddCheckpointRequest Write(WitnessRequest request)
    {
        var message = new AddCheckpointRequest { OldSize = request.OldSize, Checkpoint = ByteString.CopyFrom(request.Checkpoint.Span) };
        message.Proof.Add(request.Proof.Select(hash => hash.ToByteString()));
        return message;
    }

    /// <summary>Null where the proof is too long or not of hashes.</summary>
    public static WitnessRequest? TryRead(AddCheckpointRequest message)
    {
        if (message.Proof.Count > WitnessRequest.MaxProof)
        {
            return null;
        }

        var proof = new List<Sha256Digest>(message.Proof.Count);
        foreach (var bytes in message.Proof)
        {
            if (!Sha256Digest.TryFromBytes(bytes.Span, out var hash))
            {
                return null;
            }

            proof.Add(hash);
        }

        return new WitnessRequest(message.OldSize, proof, message.Checkpoint.Memory);
    }

    public static AddCheckpointReply Write(WitnessResult result) => result switch
    {
        WitnessResult.Cosigned cosigned => new AddCheckpointReply { Cosignature = ByteString.CopyFromUtf8($"{cosigned.Signature}\n") },
        WitnessResult.Saw saw => new AddCheckpointReply { Saw = saw.Size },
        WitnessResult.Conflict conflict => new AddCheckpointReply { Conflict = new Conflict { Seen = ByteString.CopyFrom(conflict.Seen.Span) } },
        _ => throw new InvalidOperationException("A refusal is no reply."),
    };

    /// <summary>Null where the reply is none of C2SP's, whatever its signature is worth.</summary>
    public static WitnessResult? TryRead(AddCheckpointReply message) => message.ResultCase switch
    {
        AddCheckpointReply.ResultOneofCase.Cosignature when SignatureOf(message.Cosignature) is { } signature => new WitnessResult.Cosigned(signature),
        AddCheckpointReply.ResultOneofCase.Saw => new WitnessResult.Saw(message.Saw),
        AddCheckpointReply.ResultOneofCase.Conflict => new WitnessResult.Conflict(message.Conflict.Seen.Memory),
        _ => null,
    };

    private static NoteSignature? SignatureOf(ByteString line) =>
        line.Length <= SignedNote.MaxBytes && Encoding.UTF8.GetString(line.Span) is [.. var text, '\n'] ? NoteSignature.TryParse(text) : null;
}
