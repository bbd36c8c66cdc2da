using Microsoft.Extensions.AI;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat;

/// <summary>Classification by scoring: each label is weighed as the model's answer, none is generated.</summary>
public static class LabelScorer
{
    /// <summary>The probability of each label, in the order given, summing to 1.</summary>
    /// <param name="client">A <see cref="LocalChatClient"/>, decorated or not. Any other client is taken at its word: the label that it answers gets 1.</param>
    /// <param name="messages">The task and the text; says what the labels mean.</param>
    /// <param name="labels">At least two different ones.</param>
    /// <param name="options">Tenant, class, time limit and so on; tools and response format are ignored.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">The client neither scored the labels nor answered one of them.</exception>
    public static async Task<IReadOnlyList<float>> ClassifyAsync(
        this IChatClient client, IEnumerable<ChatMessage> messages, IReadOnlyList<string> labels, ChatOptions? options, CancellationToken cancellationToken)
    {
        if (labels.Count < 2 || labels.Distinct(StringComparer.Ordinal).Count() != labels.Count || labels.Any(string.IsNullOrEmpty))
        {
            throw new ArgumentException("Labels must be at least two different, non-empty texts.", nameof(labels));
        }

        options = options?.Clone() ?? new ChatOptions();
        (options.Tools, options.ToolMode, options.ResponseFormat) = (null, null, null);
        options.AdditionalProperties = new AdditionalPropertiesDictionary(options.AdditionalProperties ?? [])
        {
            [ChatRequestProperties.Shape] = new OutputShape.Choice([.. labels.Select(label => new OutputShape.Literal(label))]),
        };
        var response = await client.GetResponseAsync(messages, options, cancellationToken);
        if (Scores(response) is [{ } scores, ..] && scores.Count == labels.Count)
        {
            return scores;
        }

        var answer = response.Text.Trim();
        return labels.Contains(answer, StringComparer.Ordinal)
            ? [.. labels.Select(label => label == answer ? 1f : 0f)]
            : throw new InvalidOperationException("The model neither scored the labels nor answered one of them.");
    }

    private static IReadOnlyList<IReadOnlyList<float>>? Scores(ChatResponse response) =>
        Scores(response.AdditionalProperties) ?? response.Messages.Select(message => Scores(message.AdditionalProperties)).FirstOrDefault(scores => scores is not null);

    private static IReadOnlyList<IReadOnlyList<float>>? Scores(AdditionalPropertiesDictionary? properties) =>
        properties?.GetValueOrDefault(ChatRequestProperties.ChoiceScores) as IReadOnlyList<IReadOnlyList<float>>;
}
