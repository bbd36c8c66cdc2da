using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using static SmartService.StandIn.Tests.RunningStandIn;

namespace SmartService.StandIn.Tests.Platform;

public sealed class MediaStoreTests
{
    internal static readonly byte[] Png = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3];

    internal static async Task<JsonElement> UploadAsync(RunningStandIn standIn, string type, byte[] content, string field = "media")
    {
        using var form = new MultipartFormDataContent();
        form.Add(new ByteArrayContent(content), field, "破损 照片.png");
        return await standIn.PostAsync($"cgi-bin/media/upload?access_token={await standIn.AccessTokenAsync()}&type={type}", form);
    }

    private static async Task<HttpResponseMessage> DownloadAsync(RunningStandIn standIn, string mediaId) =>
        await standIn.Http.GetAsync($"cgi-bin/media/get?access_token={await standIn.AccessTokenAsync()}&media_id={mediaId}");

    private static async Task<int> DownloadCodeAsync(RunningStandIn standIn, string mediaId) =>
        Code(await (await DownloadAsync(standIn, mediaId)).Content.ReadFromJsonAsync<JsonElement>());

    [Fact]
    public async Task What_was_uploaded_comes_back_with_its_name_and_type()
    {
        await using var standIn = await StartAsync();
        var uploaded = await UploadAsync(standIn, "image", Png);
        Assert.Equal(JsonValueKind.String, uploaded.GetProperty("created_at").ValueKind);
        var response = await DownloadAsync(standIn, uploaded.GetProperty("media_id").GetString()!);
        Assert.Equal(new MediaTypeHeaderValue("image/png"), response.Content.Headers.ContentType);
        Assert.Equal("破损 照片.png", response.Content.Headers.ContentDisposition!.FileNameStar);
        Assert.Equal(Png, await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_medium_lives_three_days()
    {
        await using var standIn = await StartAsync();
        var id = (await UploadAsync(standIn, "image", Png)).GetProperty("media_id").GetString()!;
        standIn.Time.Advance(TimeSpan.FromDays(3) + TimeSpan.FromSeconds(1));
        await standIn.FaultAsync(new { expire_tokens = true });
        var token = (await standIn.GetAsync($"cgi-bin/gettoken?corpid={standIn.Options.CorpId}&corpsecret={standIn.Options.Secret}")).GetProperty("access_token").GetString();
        Assert.Equal(40007, Code(await standIn.GetAsync($"cgi-bin/media/get?access_token={token}&media_id={id}")));
    }

    [Fact]
    public async Task Pulling_one_medium_again_and_again_is_refused()
    {
        await using var standIn = await StartAsync(options => options.MediaPullsPerMinute = 1);
        var id = (await UploadAsync(standIn, "image", Png)).GetProperty("media_id").GetString()!;
        Assert.True((await DownloadAsync(standIn, id)).Content.Headers.ContentType!.MediaType == "image/png");
        Assert.Equal(45033, await DownloadCodeAsync(standIn, id));
        standIn.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await DownloadAsync(standIn, id)).Content.Headers.ContentType!.MediaType == "image/png");
    }

    public static TheoryData<string, byte[], int> Files() => new()
    {
        { "image", "GIF89a..."u8.ToArray(), 40009 },
        { "image", [1, 2, 3, 4, 5], 40006 },
        { "image", [.. Png, .. new byte[10 * 1024 * 1024]], 45001 },
        { "image", [0xFF, 0xD8, 0xFF, 0xE0, 0, 0], 0 },
        { "voice", "not amr"u8.ToArray(), 301017 },
        { "voice", "#!AMR\n12"u8.ToArray(), 0 },
        { "video", "no video here"u8.ToArray(), 40005 },
        { "video", "0000ftypmp42 "u8.ToArray(), 0 },
        { "file", "anything"u8.ToArray(), 0 },
        { "poem", "anything"u8.ToArray(), 40004 },
    };

    [Theory]
    [MemberData(nameof(Files), DisableDiscoveryEnumeration = true)]
    public async Task Uploads_are_checked_by_type_size_and_content(string type, byte[] content, int code)
    {
        await using var standIn = await StartAsync();
        Assert.Equal(code, Code(await UploadAsync(standIn, type, content)));
    }

    [Fact]
    public async Task An_upload_without_its_field_or_form_is_refused()
    {
        await using var standIn = await StartAsync();
        Assert.Equal(41005, Code(await UploadAsync(standIn, "image", Png, field: "picture")));
        Assert.Equal(41005, Code(await standIn.PostAsync($"cgi-bin/media/upload?type=image&access_token={await standIn.AccessTokenAsync()}", "{}")));
    }
}
