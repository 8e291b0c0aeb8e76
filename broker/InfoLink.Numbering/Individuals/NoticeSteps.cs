using InfoLink.V1;

namespace InfoLink.Numbering.Individuals;

/// <summary>
/// The way of a notice: to send → sent → delivered, or undelivered → sent again → delivered or undelivered …, or returned for good.
/// </summary>
internal static class NoticeSteps
{
    private static readonly Dictionary<NoticeState, NoticeState[]> From = new()
    {
        [NoticeState.NoticeSent] = [NoticeState.NoticeToSend],
        [NoticeState.NoticeSentAgain] = [NoticeState.NoticeUndelivered],
        [NoticeState.NoticeDelivered] = [NoticeState.NoticeSent, NoticeState.NoticeSentAgain],
        [NoticeState.NoticeUndelivered] = [NoticeState.NoticeSent, NoticeState.NoticeSentAgain],
        [NoticeState.NoticeReturned] = [NoticeState.NoticeUndelivered],
    };

    /// <summary>The states that lead to this one; null: nobody may set it.</summary>
    public static IReadOnlyCollection<NoticeState>? To(NoticeState state) => From.GetValueOrDefault(state);

    public static bool IsSending(NoticeState state) => state is NoticeState.NoticeSent or NoticeState.NoticeSentAgain;
}
