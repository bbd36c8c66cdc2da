using System.Text.Json;
using SmartService.Inference.Chat;

namespace SmartService.Inference.Tests.Chat;

public sealed class PythonJsonTests
{
    // Right-hand sides: Python 3.12, json.dumps(json.loads(left), ensure_ascii=False).
    [Theory]
    [InlineData("""{"a":1,"b":[true,false,null,"x"]}""", """{"a": 1, "b": [true, false, null, "x"]}""")]
    [InlineData("""{"布":"<b>'&'</b>"}""", """{"布": "<b>'&'</b>"}""")]
    [InlineData("\"\\u5e03\\u0007\\n\\t\\\\\\/\\\"\\u007f\\ud83d\\ude00\"", "\"布\\u0007\\n\\t\\\\/\\\"\u007f😀\"")]
    [InlineData("[]", "[]")]
    [InlineData("{}", "{}")]
    [InlineData("[[],{}]", "[[], {}]")]
    [InlineData("[1.50,1e2,1E-5,0.0001,123456789012345680000.0,1e16,1e15,-0.0,-0,2.5e-10]", "[1.5, 100.0, 1e-05, 0.0001, 1.2345678901234568e+20, 1e+16, 1000000000000000.0, -0.0, 0, 2.5e-10]")]
    [InlineData("[12345678901234567890123,0.1,100000.0,1.0]", "[12345678901234567890123, 0.1, 100000.0, 1.0]")]
    [InlineData("[1e400,-1e400,5e-324,1.7976931348623157e308]", "[Infinity, -Infinity, 5e-324, 1.7976931348623157e+308]")]
    public void It_writes_what_Python_writes(string json, string expected) => Assert.Equal(expected, PythonJson.Write(JsonElement.Parse(json)));

    [Fact]
    public void Indented_it_breaks_lines_as_Python_does() =>
        Assert.Equal("{\n    \"a\": [\n        1,\n        {}\n    ],\n    \"b\": []\n}", PythonJson.Write(JsonElement.Parse("""{"a":[1,{}],"b":[]}"""), indent: 4));

    [Theory]
    [InlineData("""["a","it's","\"","\"'",true,null,1.0,{"k":["x"]}]""", """['a', "it's", '"', '"\'', True, None, 1.0, {'k': ['x']}]""")]
    [InlineData("\"plain\"", "plain")]
    [InlineData("[\"换行\\n\\u00a0\\u3000\\u0001\"]", "['换行\\n\\xa0\\u3000\\x01']")]
    public void A_value_as_text_is_what_Python_prints(string json, string expected) => Assert.Equal(expected, PythonRepr.Str(JsonElement.Parse(json)));
}
