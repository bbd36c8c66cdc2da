using System.Text;
using SmartService.Channels.WeChat.Callbacks;

namespace SmartService.Channels.WeChat.Tests.Callbacks;

public sealed class EnvelopeTests
{
    [Theory]
    [InlineData("<xml><ToUserName><![CDATA[ww]]></ToUserName><Encrypt><![CDATA[QUJD]]></Encrypt></xml>")]
    [InlineData("<xml><Encrypt>QUJD</Encrypt></xml>")]
    [InlineData("\uFEFF<xml>\n  <!-- note --><Encrypt>QUJD</Encrypt></xml>")]
    [InlineData("<?xml version=\"1.0\" encoding=\"utf-16\"?><xml><Other><Encrypt>no</Encrypt></Other><Encrypt>QUJD</Encrypt></xml>")]
    public void The_one_ciphertext_is_taken_from_the_root(string body)
    {
        Assert.True(XmlEnvelope.TryRead(Encoding.UTF8.GetBytes(body), out var encrypt));
        Assert.Equal("QUJD", encrypt);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("<xml/>")]
    [InlineData("<xml><Encrypt>QUJD</Encrypt>")]
    [InlineData("<xml><Encrypt>QUJD</Encrypt></xml><xml/>")]
    [InlineData("<xml><encrypt>QUJD</encrypt></xml>")]
    [InlineData("<Encrypt>QUJD</Encrypt>")]
    [InlineData("<xml><a><Encrypt>QUJD</Encrypt></a></xml>")]
    [InlineData("<xml><Encrypt>QUJD</Encrypt><Encrypt>QUJD</Encrypt></xml>")]
    [InlineData("<xml><Encrypt>QU<b/>JD</Encrypt></xml>")]
    [InlineData("<xml><Encrypt>QU<!-- x -->JD</Encrypt></xml>")]
    [InlineData("<!DOCTYPE xml><xml><Encrypt>QUJD</Encrypt></xml>")]
    [InlineData("<!DOCTYPE xml [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><xml><Encrypt>&e;</Encrypt></xml>")]
    [InlineData("<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><xml><Encrypt>&b;</Encrypt></xml>")]
    [InlineData("<xml><Encrypt>&unknown;</Encrypt></xml>")]
    [InlineData("<xml><Encrypt>\u0001</Encrypt></xml>")]
    public void Anything_else_is_refused(string body) =>
        Assert.False(XmlEnvelope.TryRead(Encoding.UTF8.GetBytes(body), out _));

    [Fact]
    public void Bytes_that_are_not_utf8_and_bodies_over_the_limit_are_refused()
    {
        Assert.False(XmlEnvelope.TryRead([.. "<xml><Encrypt>"u8, 0xFF, .. "</Encrypt></xml>"u8], out _));
        var large = Encoding.UTF8.GetBytes($"<xml><Encrypt>{new string('A', CallbackLimits.MaxBodyBytes)}</Encrypt></xml>");
        Assert.False(XmlEnvelope.TryRead(large, out _));
        Assert.False(JsonEnvelope.TryRead(Encoding.UTF8.GetBytes($$"""{"encrypt":"{{new string('A', CallbackLimits.MaxBodyBytes)}}"}"""), out _));
    }

    [Theory]
    [InlineData("""{"encrypt":"QUJD"}""")]
    [InlineData("""{"ToUserName":"gh","Encrypt":"QUJD"}""")]
    [InlineData("""{"encrypt":"\u0051UJD","other":{"encrypt":"no"}}""")]
    public void The_one_ciphertext_is_taken_from_the_object(string body)
    {
        Assert.True(JsonEnvelope.TryRead(Encoding.UTF8.GetBytes(body), out var encrypt));
        Assert.Equal("QUJD", encrypt);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"encrypt\"")]
    [InlineData("{}")]
    [InlineData("""{"encrypt":null}""")]
    [InlineData("""{"encrypt":1}""")]
    [InlineData("""{"encrypt":"QUJD"}{}""")]
    [InlineData("""{"encrypt":"QUJD","encrypt":"QUJD"}""")]
    [InlineData("""{"encrypt":"QUJD","Encrypt":"QUJD"}""")]
    [InlineData("""{"encrypt":"\ud800"}""")]
    [InlineData("""{"a":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]],"encrypt":"QUJD"}""")]
    public void Any_other_json_is_refused(string body) =>
        Assert.False(JsonEnvelope.TryRead(Encoding.UTF8.GetBytes(body), out _));

    [Fact]
    public void Written_envelopes_are_read_back()
    {
        const string Encrypt = "A+/b==";
        Assert.True(XmlEnvelope.TryRead(Encoding.UTF8.GetBytes(XmlEnvelope.WriteCallback("ww1", "1000002", Encrypt)), out var xml));
        Assert.Equal(Encrypt, xml);
        Assert.True(JsonEnvelope.TryRead(Encoding.UTF8.GetBytes(JsonEnvelope.WriteCallback(Encrypt)), out var json));
        Assert.Equal(Encrypt, json);
    }

    [Fact]
    public void Replies_have_the_documented_shape()
    {
        Assert.Equal(
            "<xml><Encrypt><![CDATA[A+/b==]]></Encrypt><MsgSignature><![CDATA[ab]]></MsgSignature><TimeStamp>1790000000</TimeStamp><Nonce><![CDATA[n]]></Nonce></xml>",
            XmlEnvelope.WriteReply("A+/b==", "ab", 1790000000, "n"));
        Assert.Equal(
            """{"encrypt":"A+/b==","msgsignature":"ab","timestamp":1790000000,"nonce":"n"}""",
            JsonEnvelope.WriteReply("A+/b==", "ab", 1790000000, "n"));
    }

    [Theory]
    [InlineData("a]]>b", "a]]>b")]
    [InlineData("]]>]]>", "]]>]]>")]
    [InlineData("tab\tand\u0000nul\u001F", "tab\tandnul")]
    [InlineData("👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦")]
    public void Cdata_holds_any_text_that_xml_can_hold(string text, string expected)
    {
        Assert.True(XmlFields.TryRead(Encoding.UTF8.GetBytes($"<xml><A>{XmlEnvelope.Cdata(text)}</A><B/></xml>"), out var fields));
        Assert.Equal(expected, fields["A"]);
        Assert.Equal("", fields["B"]);
        Assert.Null(fields["C"]);
    }

    [Fact]
    public void Cdata_drops_lone_surrogates() =>
        Assert.Equal("<![CDATA[abc]]>", XmlEnvelope.Cdata("a\uD800b\uDC00c"));
}
