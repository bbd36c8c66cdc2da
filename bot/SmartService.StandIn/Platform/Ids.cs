using System.Security.Cryptography;

namespace SmartService.StandIn.Platform;

/// <summary>Random ids that look like the platform's.</summary>
internal static class Ids
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    public static string Message() => RandomNumberGenerator.GetString(Alphabet, 28);

    public static string AccessToken() => RandomNumberGenerator.GetString(Alphabet + "_-", 214);

    public static string SyncToken() => "ENC" + RandomNumberGenerator.GetString(Alphabet, 40);

    public static string Code() => "CODE" + RandomNumberGenerator.GetString(Alphabet, 40);

    public static string Media() => "3" + RandomNumberGenerator.GetString(Alphabet + "_-", 63);
}
