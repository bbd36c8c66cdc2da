using SmartService.Evals.Rig;

namespace SmartService.Evals.Tests.Rig;

/// <summary>Hand-made ledgers: every test changes one thing of a conversation that went well.</summary>
public sealed class LedgerAuditTests
{
    private readonly Story _story = new();

    public LedgerAuditTests()
    {
        _story.Writes("m1", 1).Writes("m2", 2).Turn(2, "Answered").Reply("r1", 2).Reply("r2", 2, part: 1).Sends("r1").Sends("r2");
        _story.Writes("m3", 5).Turn(5, "HandedOff").Reply("r3", 5).Sends("r3");
        _story.Writes("m4", 7).Turn(7, "Silent");
    }

    [Fact]
    public void A_conversation_that_went_well_has_nothing_to_complain_about()
    {
        var audit = _story.Audit();

        Assert.Empty(audit.Lost);
        Assert.Equal((0, 0, 0, 0, 0), (audit.Duplicates, audit.OrderViolations, audit.Unrecorded, audit.ClaimedOnly, audit.Undelivered));
        Assert.Equal((4, 4, 3), (audit.Messages, audit.Accepted, audit.Sends));
        Assert.Equal(1, audit.Turns["HandedOff"]);
    }

    [Fact]
    public void A_message_that_the_store_does_not_know_is_lost()
    {
        _story.WritesUnseen("m9");

        Assert.Equal(Loss.NotWrittenDown, Assert.Single(_story.Audit().Lost).Key);
        Assert.Equal(4, _story.Audit().Accepted);
    }

    [Fact]
    public void A_message_that_no_turn_took_is_lost()
    {
        _story.Writes("m9", 9);

        Assert.Equal(new KeyValuePair<Loss, int>(Loss.NotTaken, 1), Assert.Single(_story.Audit().Lost));
    }

    [Theory]
    [InlineData("Waiting", Loss.NotTaken)]
    [InlineData("Ignored", Loss.NotTaken)]
    [InlineData("Dead", Loss.SetAside)]
    public void A_message_that_is_not_done_is_lost_although_a_turn_covers_it(string state, Loss loss)
    {
        _story.Writes("m9", 9, state: state).Turn(9, "Answered").Reply("r9", 9).Sends("r9");

        Assert.Equal(loss, Assert.Single(_story.Audit().Lost).Key);
    }

    [Fact]
    public void A_turn_that_spoke_without_a_reply_has_lost_all_its_messages()
    {
        _story.InConversation("other").Writes("n1", 11).Writes("n2", 12).Turn(12, "Answered");

        Assert.Equal(new KeyValuePair<Loss, int>(Loss.ReplyNotDelivered, 2), Assert.Single(_story.Audit().Lost));
    }

    [Fact]
    public void A_reply_of_which_one_part_did_not_arrive_is_lost_and_shown_as_undelivered()
    {
        _story.InConversation("other").Writes("n1", 11).Turn(11, "Answered").Reply("s1", 11).Sends("s1").Reply("s2", 11, part: 1, state: "Held");

        var audit = _story.Audit();

        Assert.Equal(Loss.ReplyNotDelivered, Assert.Single(audit.Lost).Key);
        Assert.Equal(1, audit.Undelivered);
    }

    [Fact]
    public void A_reply_that_the_store_calls_sent_and_the_platform_never_saw_is_lost()
    {
        _story.InConversation("other").Writes("n1", 11).Turn(11, "Declined").Reply("s1", 11);

        var audit = _story.Audit();

        Assert.Equal(Loss.ReplyNotDelivered, Assert.Single(audit.Lost).Key);
        Assert.Equal(1, audit.ClaimedOnly);
    }

    [Fact]
    public void What_was_dropped_because_a_human_took_over_is_not_lost()
    {
        _story.InConversation("other").Writes("n1", 11).Turn(11, "Answered").Reply("s1", 11, state: "Dropped");

        Assert.Empty(_story.Audit().Lost);
    }

    [Fact]
    public void Silence_is_right_only_while_a_human_owns_the_conversation()
    {
        _story.Writes("m5", 8).Turn(8, "Answered").Reply("r5", 8).Sends("r5").Writes("m6", 9).Turn(9, "Silent");

        Assert.Equal(new KeyValuePair<Loss, int>(Loss.SilentWithoutHuman, 1), Assert.Single(_story.Audit().Lost));
    }

    [Fact]
    public void Silence_from_the_first_message_on_is_wrong()
    {
        _story.InConversation("other").Writes("n1", 11).Turn(11, "Silent");

        Assert.Equal(Loss.SilentWithoutHuman, Assert.Single(_story.Audit().Lost).Key);
    }

    [Fact]
    public void The_same_key_accepted_twice_is_a_duplicate()
    {
        _story.Sends("r3");

        Assert.Equal(1, _story.Audit().Duplicates);
    }

    [Fact]
    public void The_same_part_of_a_turn_under_two_keys_is_a_duplicate()
    {
        _story.Reply("r3-again", 5).Sends("r3-again");

        Assert.Equal(1, _story.Audit().Duplicates);
    }

    [Fact]
    public void The_same_words_twice_in_one_turn_are_a_duplicate()
    {
        _story.Reply("r3-more", 5, part: 1).Sends("r3-more", content: "r3");

        Assert.Equal(1, _story.Audit().Duplicates);
    }

    [Fact]
    public void The_same_words_in_two_turns_are_none()
    {
        _story.Writes("m5", 8).Turn(8, "Answered").Reply("r5", 8).Sends("r5", content: "r3");

        Assert.Equal(0, _story.Audit().Duplicates);
    }

    [Fact]
    public void A_send_without_a_row_is_unrecorded()
    {
        _story.Sends("unknown");

        Assert.Equal(1, _story.Audit().Unrecorded);
    }

    [Fact]
    public void What_a_human_wrote_is_recorded_without_a_turn_and_is_no_violation()
    {
        _story.Reply("agent", null).Sends("agent").Reply("agent-again", null).Sends("agent-again", content: "agent");

        var audit = _story.Audit();

        Assert.Equal((0, 0, 0), (audit.Duplicates, audit.Unrecorded, audit.OrderViolations));
    }

    [Fact]
    public void A_later_turn_that_speaks_first_is_a_violation()
    {
        _story.InConversation("other").Writes("n1", 11).Turn(11, "Answered").Writes("n2", 12).Turn(12, "Answered")
            .Reply("s1", 11).Reply("s2", 12).Sends("s2").Sends("s1");

        Assert.Equal(1, _story.Audit().OrderViolations);
    }

    [Fact]
    public void Parts_in_the_wrong_order_are_a_violation()
    {
        _story.InConversation("other").Writes("n1", 11).Turn(11, "Answered").Reply("s1", 11).Reply("s2", 11, part: 1).Sends("s2").Sends("s1");

        Assert.Equal(1, _story.Audit().OrderViolations);
    }

    [Fact]
    public void Messages_written_down_in_the_wrong_order_are_a_violation()
    {
        _story.InConversation("other").Writes("n2", 12).Writes("n1", 11).Turn(12, "Answered").Reply("s1", 12).Sends("s1");

        Assert.Equal(1, _story.Audit().OrderViolations);
    }

    [Fact]
    public void Latency_runs_from_the_due_time_and_from_the_last_message_to_the_first_send()
    {
        var story = new Story();
        story.At(100).Writes("m1", 1).At(400).Writes("m2", 2).Turn(2, "Answered", dueAt: 1600);
        story.At(1650).Reply("r1", 2).Sends("r1").At(1700).Reply("r2", 2, part: 1).Sends("r2");

        var audit = story.Audit();

        Assert.Equal([50], audit.AfterDueMs);
        Assert.Equal([1250], audit.EndToEndMs);
    }

    [Fact]
    public void Who_only_warms_up_is_checked_but_not_timed()
    {
        var story = new Story().Writes("m1", 1).Turn(1, "Answered").Reply("r1", 1).Sends("r1");
        story.InConversation("early").Writes("m2", 2).Writes("m3", 3).Turn(2, "Answered").Reply("r2", 2).Sends("r2");

        var audit = story.Audit(timed: customer => customer != "early");

        Assert.Single(audit.AfterDueMs);
        Assert.Single(audit.EndToEndMs);
        Assert.Equal(1, audit.Lost[Loss.NotTaken]);
    }

    /// <summary>Builds a ledger and a store side by side.</summary>
    private sealed class Story
    {
        private readonly List<LedgerEntry> _ledger = [];
        private readonly List<StoredMessage> _messages = [];
        private readonly List<StoredTurn> _turns = [];
        private readonly List<StoredReply> _replies = [];
        private string _customer = "c";
        private double _now;

        public Story InConversation(string customer) => Then(() => _customer = customer);

        public Story At(double milliseconds) => Then(() => _now = milliseconds);

        public Story WritesUnseen(string id) => Then(() => Enter(LedgerKind.CustomerMessage, id, id));

        public Story Writes(string id, long seq, string state = "Done") => WritesUnseen(id).Then(() => _messages.Add(new StoredMessage(seq, "kf:a:" + _customer, id, state)));

        public Story Turn(long seq, string outcome, long dueAt = 0) => Then(() => _turns.Add(new StoredTurn("kf:a:" + _customer, seq, outcome, dueAt, dueAt)));

        public Story Reply(string id, long? turn, long part = 0, string state = "Sent") =>
            Then(() => _replies.Add(new StoredReply(_replies.Count + 1, id, "kf:a:" + _customer, turn, part, state)));

        public Story Sends(string id, string? content = null) => Then(() => Enter(LedgerKind.Send, id, content ?? id));

        public AuditResult Audit(Func<string, bool>? timed = null) => LedgerAudit.Of(_ledger, new StoreContents(_messages, _turns, _replies), timed);

        private void Enter(LedgerKind kind, string id, string content) =>
            _ledger.Add(new LedgerEntry(_ledger.Count + 1, kind, id, "a", _customer, content, DateTimeOffset.UnixEpoch.AddMilliseconds(_now), _now));

        private Story Then(Action step)
        {
            step();
            return this;
        }
    }
}
