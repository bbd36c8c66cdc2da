namespace SmartService.Turns;

/// <summary>How a turn ended. All of these are ordinary values, none is an exception.</summary>
public enum TurnOutcome
{
    /// <summary>The customer got a grounded answer, a step of a task, or a courtesy.</summary>
    Answered,

    /// <summary>The knowledge base does not hold it; the reply says so and offers a human.</summary>
    Declined,

    /// <summary>The conversation went to a human.</summary>
    HandedOff,

    /// <summary>Something broke; the messages are set aside and shown on the desk.</summary>
    Failed,

    /// <summary>Nothing to say: a human owns the conversation, or an event needs no reply.</summary>
    Silent,
}
