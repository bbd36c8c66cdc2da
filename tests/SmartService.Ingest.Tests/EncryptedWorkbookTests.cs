using System.Text;
using SmartService.Knowledge.Documents;

namespace SmartService.Ingest.Tests;

public sealed class EncryptedWorkbookTests
{
    [Theory]
    [InlineData("EncryptedPackage", true)]
    [InlineData("ENCRYPTEDPACKAGE", true)]
    [InlineData("Workbook", false)]
    public void An_encrypted_workbook_is_refused_before_anything_decrypts_it(string stream, bool encrypted)
    {
        var file = new byte[2048];
        ((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]).CopyTo(file);
        Encoding.Unicode.GetBytes(stream).CopyTo(file, 1024);

        var refusal = Assert.Throws<UnreadableDocumentException>(() => new SpreadsheetReader().Read("a.xlsx", file));

        Assert.Equal(encrypted, refusal.Message.Contains("encrypted", StringComparison.Ordinal));
    }
}
