using Dapper;
using Microsoft.AspNetCore.Identity;
using SmartService.Data;

namespace SmartService.Bot.Desk;

/// <summary>Accounts of the people who work on the desk.</summary>
public sealed class Agents(IDatabase database, SignInGuard guard)
{
    public const int ShortestPassword = 10;

    private static readonly PasswordHasher<string> Hasher = new();

    /// <summary>An unknown name costs the same time as a wrong password: it is checked against this.</summary>
    private static readonly string NobodysHash = Hasher.HashPassword("", Guid.NewGuid().ToString());

    /// <summary>A hash costs tens of milliseconds of a processor; strangers may not take all of them from the customers.</summary>
    private static readonly SemaphoreSlim Hashing = new(2);

    /// <summary>Adds an account. False when the name is taken.</summary>
    /// <exception cref="ArgumentException">The name or the password does not do.</exception>
    public Task<bool> AddAsync(string name, string displayName, string password, CancellationToken cancellationToken = default)
    {
        CheckName(name);
        CheckPassword(password);
        var hash = Hasher.HashPassword(name, password);
        return database.WriteAsync(
            async scope => await scope.Connection.ExecuteAsync(
                """
                insert into agent (name, display_name, password_hash, created_at) values (@name, @displayName, @hash, @now)
                on conflict (name) do nothing
                """,
                new { name, displayName, hash, now = scope.NowMs },
                scope.Transaction) == 1,
            cancellationToken);
    }

    /// <summary>Adds the account, or sets its display name and password and enables it again.</summary>
    public async Task EnsureAsync(string name, string displayName, string password, CancellationToken cancellationToken = default)
    {
        if (await AddAsync(name, displayName, password, cancellationToken))
        {
            return;
        }

        var hash = Hasher.HashPassword(name, password);
        await database.WriteAsync(
            scope => scope.Connection.ExecuteAsync(
                "update agent set display_name = @displayName, password_hash = @hash, disabled = 0 where name = @name",
                new { name, displayName, hash },
                scope.Transaction),
            cancellationToken);
    }

    /// <summary>Ends the account's sign-ins at their next check and refuses new ones. False when there is no such account.</summary>
    public Task<bool> DisableAsync(string name, CancellationToken cancellationToken = default) =>
        database.WriteAsync(
            async scope => await scope.Connection.ExecuteAsync("update agent set disabled = 1 where name = @name", new { name }, scope.Transaction) == 1,
            cancellationToken);

    /// <summary>Sets a new password; other sign-ins of the account end at their next check. False when there is no such account.</summary>
    public Task<bool> ChangePasswordAsync(string name, string password, CancellationToken cancellationToken = default)
    {
        CheckPassword(password);
        var hash = Hasher.HashPassword(name, password);
        return database.WriteAsync(
            async scope => await scope.Connection.ExecuteAsync(
                "update agent set password_hash = @hash where name = @name", new { name, hash }, scope.Transaction) == 1,
            cancellationToken);
    }

    /// <summary>Checks a name and a password. Too many failures for a name or from an address are refused without looking.</summary>
    public async Task<SignInAttempt> SignInAsync(string name, string password, string address, CancellationToken cancellationToken = default)
    {
        // Counted before anything is awaited, so that tries sent at once count as those sent one by one.
        if (guard.Count(name, address) is { } wait)
        {
            return new SignInAttempt(null, wait);
        }

        var row = await FindRowAsync(name, cancellationToken);
        var verified = await VerifyAsync(name, row?.PasswordHash ?? NobodysHash, password, cancellationToken);
        if (row is null || row.Disabled != 0 || verified == PasswordVerificationResult.Failed)
        {
            return new SignInAttempt(null, null);
        }

        guard.Succeeded(name, address);
        return new SignInAttempt(row.ToAgent(), null);
    }

    private static async Task<PasswordVerificationResult> VerifyAsync(string name, string hash, string password, CancellationToken cancellationToken)
    {
        await Hashing.WaitAsync(cancellationToken);
        try
        {
            return Hasher.VerifyHashedPassword(name, hash, password);
        }
        finally
        {
            Hashing.Release();
        }
    }

    /// <summary>An enabled account by name.</summary>
    public async Task<Agent?> FindAsync(string name, CancellationToken cancellationToken = default) =>
        await FindRowAsync(name, cancellationToken) is { Disabled: 0 } row ? row.ToAgent() : null;

    /// <summary>All enabled accounts by display name.</summary>
    public Task<IReadOnlyList<Agent>> ListAsync(CancellationToken cancellationToken = default) =>
        database.ReadAsync<IReadOnlyList<Agent>>(
            async scope => [.. (await scope.Connection.QueryAsync<AgentRow>(
                "select name as Name, display_name as DisplayName, password_hash as PasswordHash, disabled as Disabled from agent where disabled = 0 order by display_name"))
                .Select(row => row.ToAgent())],
            cancellationToken);

    private Task<AgentRow?> FindRowAsync(string name, CancellationToken cancellationToken) =>
        database.ReadAsync(
            scope => scope.Connection.QuerySingleOrDefaultAsync<AgentRow>(
                "select name as Name, display_name as DisplayName, password_hash as PasswordHash, disabled as Disabled from agent where name = @name",
                new { name }),
            cancellationToken);

    private static void CheckName(string name)
    {
        if (name.Length is 0 or > 64 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            throw new ArgumentException("An agent's name has 1 to 64 ASCII letters, digits, '-', '_' or '.'.", nameof(name));
        }
    }

    private static void CheckPassword(string password)
    {
        if (password.Length is < ShortestPassword or > 256)
        {
            throw new ArgumentException($"A password has {ShortestPassword} to 256 characters.", nameof(password));
        }
    }

    private sealed class AgentRow
    {
        public required string Name { get; init; }

        public required string DisplayName { get; init; }

        public required string PasswordHash { get; init; }

        public int Disabled { get; init; }

        public Agent ToAgent() => new(Name, DisplayName, AgentStamp.Of(PasswordHash));
    }
}

/// <summary>A person who works on the desk.</summary>
/// <param name="Name">Account name.</param>
/// <param name="DisplayName">What colleagues see.</param>
/// <param name="Stamp">Changes with the password, so that old sign-ins end.</param>
public sealed record Agent(string Name, string DisplayName, string Stamp);

/// <summary>How a sign-in ended: an agent, or null; <paramref name="RetryAfter"/> is set when it was refused without looking.</summary>
public sealed record SignInAttempt(Agent? Agent, TimeSpan? RetryAfter);
