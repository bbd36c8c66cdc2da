using System.Security.Cryptography;
using System.Text;

namespace SmartService.Bot.Desk;

internal static class AgentStamp
{
    public static string Of(string passwordHash) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(passwordHash)))[..16];
}
