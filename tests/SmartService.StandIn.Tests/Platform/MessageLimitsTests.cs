using static SmartService.StandIn.Tests.RunningStandIn;

namespace SmartService.StandIn.Tests.Platform;

public sealed class MessageLimitsTests
{
    private static object Click(string id = "a", string content = "送货") => new { type = "click", click = new { id, content } };

    private static object Menu(params object[] list) => new { head_content = "请选择", list };

    private static string A(int bytes) => new('a', bytes);

    public static TheoryData<string, object, int> Messages() => new()
    {
        { "msgmenu", Menu([.. Enumerable.Range(0, 10).Select(i => Click("i" + i))]), 0 },
        { "msgmenu", Menu([.. Enumerable.Range(0, 11).Select(i => Click("i" + i))]), 95008 },
        { "msgmenu", Menu(new { type = "button" }), 95009 },
        { "msgmenu", Menu(new { type = "click" }), 40063 },
        { "msgmenu", Menu(Click(A(64), A(128))), 0 },
        { "msgmenu", Menu(Click(A(65))), 40058 },
        { "msgmenu", Menu(Click(content: A(129))), 40058 },
        { "msgmenu", Menu(Click(id: "")), 40063 },
        { "msgmenu", Menu(new { type = "view", view = new { url = A(2048), content = A(1024) } }), 0 },
        { "msgmenu", Menu(new { type = "view", view = new { url = A(2049), content = "看" } }), 40058 },
        { "msgmenu", Menu(new { type = "view", view = new { url = "https://e.com", content = "" } }), 40063 },
        { "msgmenu", Menu(new { type = "miniprogram", miniprogram = new { appid = "wx1", pagepath = "p", content = "看" } }), 0 },
        { "msgmenu", Menu(new { type = "text", text = new { content = "说明", no_newline = 1 } }), 0 },
        { "msgmenu", new { head_content = A(1024), tail_content = A(1024), list = new[] { Click() } }, 0 },
        { "msgmenu", new { head_content = A(1025), list = new[] { Click() } }, 45002 },
        { "msgmenu", new { head_content = "请选择", tail_content = A(1025), list = new[] { Click() } }, 45002 },
        { "msgmenu", new { }, 44004 },
        { "location", new { name = "店", address = "路", latitude = 31.2, longitude = 121.4 }, 0 },
        { "location", new { latitude = 91, longitude = 1 }, 40035 },
        { "location", new { latitude = 31.2 }, 40063 },
        { "business_card", new { userid = "xiaoli" }, 0 },
        { "business_card", new { }, 40063 },
        { "ca_link", new { link_url = "https://work.weixin.qq.com/ca/x" }, 0 },
        { "ca_link", new { }, 40063 },
        { "image", new { }, 40063 },
        { "image", new { media_id = "nonsense" }, 40007 },
        { "link", new { title = A(129), url = "https://e.com", thumb_media_id = "x" }, 40058 },
        { "link", new { title = "标题", desc = A(513), url = "https://e.com", thumb_media_id = "x" }, 40058 },
        { "link", new { title = "标题", url = "e.com/x", thumb_media_id = "x" }, 40035 },
        { "link", new { title = "标题", url = "https://e.com" }, 40063 },
        { "link", new { url = "https://e.com", thumb_media_id = "x" }, 40063 },
        { "miniprogram", new { appid = "wx1", title = A(65), pagepath = "p", thumb_media_id = "x" }, 40058 },
        { "miniprogram", new { appid = "wx1", title = "商城", pagepath = "p", thumb_media_id = "x" }, 40007 },
    };

    [Theory]
    [MemberData(nameof(Messages), DisableDiscoveryEnumeration = true)]
    public async Task Every_kind_has_its_limits(string type, object payload, int code)
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        Assert.Equal(code, Code(await standIn.SendAsync(type, payload)));
    }

    [Fact]
    public async Task A_link_with_an_uploaded_thumb_passes_and_a_medium_of_another_type_does_not()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        var image = await MediaStoreTests.UploadAsync(standIn, "image", MediaStoreTests.Png);
        var file = await MediaStoreTests.UploadAsync(standIn, "file", MediaStoreTests.Png);
        object Link(string thumb) => new { title = "保修政策", desc = "三年", url = "https://e.com/w", thumb_media_id = thumb };
        Assert.Equal(0, Code(await standIn.SendAsync("link", Link(image.GetProperty("media_id").GetString()!))));
        Assert.Equal(40007, Code(await standIn.SendAsync("link", Link(file.GetProperty("media_id").GetString()!))));
        Assert.Equal(0, Code(await standIn.SendAsync("image", new { media_id = image.GetProperty("media_id").GetString() })));
    }
}
