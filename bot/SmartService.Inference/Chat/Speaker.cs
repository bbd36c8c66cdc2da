using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat;

/// <summary>A loaded chat model and the format that it is spoken to in.</summary>
internal sealed record Speaker(ChatModelInfo Model, ChatFormat Format)
{
    /// <exception cref="ModelUnavailableException">There is no chat model, or its format is not known.</exception>
    public static Speaker Of(ModelHostInfo info, LocalChatOptions options)
    {
        var model = info.Chat ?? throw new ModelUnavailableException("No chat model is loaded; set Model:Path to a GGUF chat model.");
        return Problem(model, options) is { } problem ? throw new ModelUnavailableException(problem) : new Speaker(model, ChatFormat.Of(Family(model, options)!.Value));
    }

    /// <summary>Why the model cannot be spoken to, in one sentence; null where it can.</summary>
    // Better no answer than one in a format that the model never saw: customers would read what comes of it.
    public static string? Problem(ChatModelInfo model, LocalChatOptions options) => Family(model, options) is null
        ? $"The chat template of {model.Name} ({model.Architecture}) belongs to no known family; set Model:Chat:Family if its makers name one, for example ChatML."
        : null;

    private static ChatFamily? Family(ChatModelInfo model, LocalChatOptions options) =>
        options.Family != ChatFamily.Auto ? options.Family : ChatFamilyGuess.Of(model.Template, model.Architecture);
}
