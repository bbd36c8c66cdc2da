using System.CommandLine;
using SmartService.Server.Commands;

namespace SmartService.Server;

/// <summary>The commands of the one executable (contract.md).</summary>
public static class CommandLine
{
    public static RootCommand Create() => new("SmartService: a customer-service bot for WeChat and WeCom.")
    {
        DemoCommand.Create(),
        ServeCommand.Create(),
        StandInCommand.Create(),
        AskCommand.Create(),
        KnowledgeCommand.Create(),
        ModelCommand.Create(ModelCheck.Host),
        DeskCommand.Create(),
        BenchCommand.Create(),
        DoctorCommand.Create(),
    };
}
