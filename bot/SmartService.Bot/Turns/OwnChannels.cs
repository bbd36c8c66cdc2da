using Dapper;
using SmartService.Channels;

namespace SmartService.Bot.Turns;

/// <summary>
/// The channels of this process. Several processes may share a store without having the same channels, such as <c>ask</c>
/// beside a server; work of a channel that is not here must be left to the process that has it.
/// </summary>
internal sealed class OwnChannels(IEnumerable<IChannel> channels)
{
    private readonly string[] _names = [.. channels.Select(channel => channel.Name)];

    /// <summary>The condition on conversations, for the parameters of <see cref="With"/>. Names of its own, because Dapper expands lists differently on PostgreSQL.</summary>
    public string Condition { get; } = $"channel in ({string.Join(", ", channels.Select((_, number) => $"@channel{number}").DefaultIfEmpty("null"))})";

    public DynamicParameters With(object? parameters = null)
    {
        var all = new DynamicParameters(parameters);
        for (var number = 0; number < _names.Length; number++)
        {
            all.Add($"channel{number}", _names[number]);
        }

        return all;
    }
}
