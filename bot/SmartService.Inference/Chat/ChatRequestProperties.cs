namespace SmartService.Inference.Chat;

/// <summary>Names in <see cref="Microsoft.Extensions.AI.ChatOptions.AdditionalProperties"/> that <see cref="LocalChatClient"/> knows.</summary>
public static class ChatRequestProperties
{
    /// <summary>Whose request it is: a string. See <see cref="Hosting.GenerationRequest.Tenant"/>.</summary>
    public const string Tenant = "tenant";

    /// <summary>A <see cref="Hosting.RequestClass"/> or its name.</summary>
    public const string Class = "class";

    /// <summary>
    /// The conversation: a string; else <see cref="Microsoft.Extensions.AI.ChatOptions.ConversationId"/>, which
    /// <see cref="Microsoft.Extensions.AI.FunctionInvokingChatClient"/> removes after the first round of tool calls.
    /// </summary>
    public const string Conversation = "conversation";

    /// <summary>The time for the whole request: a <see cref="System.TimeSpan"/>, or seconds.</summary>
    public const string TimeLimit = "time_limit";

    /// <summary>An <see cref="Hosting.OutputShape"/>; goes before the response format and tools.</summary>
    public const string Shape = "shape";

    /// <summary>Whether a reasoning model thinks first: a bool.</summary>
    public const string Thinking = "thinking";

    /// <summary>See <see cref="Hosting.SamplingSettings.RepetitionPenalty"/>: a number.</summary>
    public const string RepetitionPenalty = "repetition_penalty";

    /// <summary>See <see cref="Hosting.SamplingSettings.MinP"/>: a number.</summary>
    public const string MinP = "min_p";

    /// <summary>On the response: <see cref="Hosting.GenerationUpdate.ChoiceScores"/>.</summary>
    public const string ChoiceScores = "choice_scores";
}
