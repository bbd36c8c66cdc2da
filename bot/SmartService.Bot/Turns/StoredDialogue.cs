using System.Text.Json;
using SmartService.Turns;

namespace SmartService.Bot.Turns;

/// <summary>What a conversation remembers, as it lies in the store.</summary>
internal static class StoredDialogue
{
    /// <summary>A row that another version wrote or that is damaged makes the bot forget, not fall silent.</summary>
    public static DialogueState Read(string dialogue)
    {
        try
        {
            return JsonSerializer.Deserialize(dialogue, SmartServiceJson.Stored.DialogueState) ?? new DialogueState();
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            return new DialogueState();
        }
    }
}
