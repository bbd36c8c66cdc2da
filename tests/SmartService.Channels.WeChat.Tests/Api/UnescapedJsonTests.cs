using System.Text;
using System.Text.Json;
using SmartService.Channels.WeChat.Api;

namespace SmartService.Channels.WeChat.Tests.Api;

public sealed class UnescapedJsonTests
{
    [Fact]
    public void Text_is_never_written_as_escapes_that_wecom_refuses()
    {
        const string Text = "中文　全角空格\u00a0😀👨‍👩‍👧<b>&'+/\u2028\ue000\ufeff\u007f";
        Assert.Equal($$"""{"content":"{{Text}}"}""", Write(Text));
    }

    [Fact]
    public void What_json_itself_demands_is_escaped()
    {
        Assert.Equal("""{"content":"\"\\\n\r\t\b\f\u0001"}""", Write("\"\\\n\r\t\b\f\u0001"));
    }

    [Fact]
    public void Every_character_makes_a_round_trip()
    {
        var all = new StringBuilder();
        for (var scalar = 0; scalar <= 0x10FFFF; scalar += scalar < 0x3000 ? 1 : 97)
        {
            if (Rune.IsValid(scalar))
            {
                all.Append(new Rune(scalar));
            }
        }

        var json = Write(all.ToString());
        using var read = JsonDocument.Parse(json);
        Assert.Equal(all.ToString(), read.RootElement.GetProperty("content").GetString());
        // Only control characters without a short form are left as escapes.
        Assert.Equal(32 - 5, json.Split("\\u").Length - 1);
    }

    private static string Write(string content) => Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(
        new TextContent(content), WeComJson.Wire.TextContent));
}
