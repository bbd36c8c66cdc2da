using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using SmartService.Inference.Chat;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Chat;

/// <summary>Each family's prompt against what the models' own templates made of the same dialogues (see Templates/README.md).</summary>
public sealed class ChatTemplateTests
{
    public static TheoryData<string> Families => [.. Directory.GetFiles(Path.Combine(Dialogues.Folder, "goldens"), "*.json").Select(file => Path.GetFileNameWithoutExtension(file))];

    [Theory]
    [MemberData(nameof(Families))]
    public void Prompts_are_equal_to_the_template_byte_by_byte(string family)
    {
        var golden = Golden(family);
        var cases = golden.GetProperty("cases").EnumerateArray().ToList();
        Assert.NotEmpty(cases);
        foreach (var item in cases)
        {
            var name = item.GetProperty("dialogue").GetString()!;
            var prompt = Render(golden, item);
            Assert.True(item.GetProperty("prompt").GetString() == prompt, $"{name}\n--- expected\n{item.GetProperty("prompt").GetString()}\n--- is\n{prompt}");
        }
    }

    [Fact]
    public void Every_family_has_goldens()
    {
        var expected = Enum.GetNames<ChatFamily>().Except([nameof(ChatFamily.Auto), nameof(ChatFamily.ChatML)]);
        Assert.Equal(expected.Order(StringComparer.Ordinal), Families.Select(row => row.Data).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_model_at_hand_has_the_template_that_the_goldens_were_made_with()
    {
        var template = ReadTemplate(RealModels.Chat());
        Assert.Equal(Golden("Qwen25").GetProperty("template_sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(template))));
        Assert.Equal(ChatFamily.Qwen25, ChatFamilyGuess.Of(template, "qwen2"));
    }

    internal static JsonElement Golden(string family) =>
        JsonElement.Parse(File.ReadAllText(Path.Combine(Dialogues.Folder, "goldens", family + ".json")));

    private static string Render(JsonElement golden, JsonElement item)
    {
        var name = item.GetProperty("dialogue").GetString()!;
        var format = ChatFormat.Of(Enum.Parse<ChatFamily>(golden.GetProperty("family").GetString()!));
        var thinking = item.GetProperty("thinking");
        var prompt = new ChatPrompt(TurnReader.Read(Dialogues.Messages(name)))
        {
            Tools = item.GetProperty("tools").GetBoolean()
                ? [.. Dialogues.Tools(name).Cast<AIFunctionDeclaration>().Select(tool => new ToolDescription(tool.Name, tool.Description, tool.JsonSchema))]
                : [],
            Thinking = thinking.ValueKind == JsonValueKind.Null ? null : thinking.GetBoolean(),
            Today = DateOnly.Parse(golden.GetProperty("today").GetString()!, System.Globalization.CultureInfo.InvariantCulture),
        };
        return Text(format.Render(prompt));
    }

    internal static string Text(IEnumerable<PromptBlock> blocks) => string.Concat(blocks.SelectMany(block => block.Segments).Select(segment => segment.Text));

    /// <summary><c>tokenizer.chat_template</c> of a GGUF file, found by its key: a length and the key, type 8, a length and the text.</summary>
    private static string ReadTemplate(string path)
    {
        using var file = File.OpenRead(path);
        var head = new byte[8 << 20];
        file.ReadExactly(head);
        var key = "tokenizer.chat_template"u8;
        var at = head.AsSpan().IndexOf(key) + key.Length;
        Assert.Equal(8, BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(at)));
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(at + 4));
        return Encoding.UTF8.GetString(head, at + 12, length);
    }
}
