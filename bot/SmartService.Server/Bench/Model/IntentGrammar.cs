namespace SmartService.Server.Bench.Model;

/// <summary>The same three-field object as a JSON schema and as llama.cpp's native grammar.</summary>
internal static class IntentGrammar
{
    public const string Schema = """
        {"type":"object","properties":{"intent":{"type":"string","enum":["查询订单","退货","换货","物流","投诉","闲聊"]},"urgent":{"type":"boolean"},"order":{"type":"string","maxLength":12}},"required":["intent","urgent","order"],"additionalProperties":false}
        """;

    public const string Text = """
        root ::= "{\"intent\":" intent ",\"urgent\":" ("true" | "false") ",\"order\":" order "}"
        intent ::= "\"查询订单\"" | "\"退货\"" | "\"换货\"" | "\"物流\"" | "\"投诉\"" | "\"闲聊\""
        order ::= "\"" [0-9A-Za-z]{0,12} "\""
        """;
}
