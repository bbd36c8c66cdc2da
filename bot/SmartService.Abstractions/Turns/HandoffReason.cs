namespace SmartService.Turns;

/// <summary>Why a conversation goes to a human.</summary>
public enum HandoffReason
{
    /// <summary>The customer asked for one.</summary>
    Requested,

    /// <summary>The bot could not help several times in a row.</summary>
    RepeatedFailure,

    /// <summary>The topic is one that the shop keeps for people: injury, legal threat, complaint to an authority, privacy.</summary>
    Policy,

    /// <summary>The turn crashed and was set aside.</summary>
    TurnFailed,

    /// <summary>A human took the conversation by himself.</summary>
    TakenOver,

    /// <summary>The model's machine was saturated, and nothing else could answer.</summary>
    Saturated,
}
