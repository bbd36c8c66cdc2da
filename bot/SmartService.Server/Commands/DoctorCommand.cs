using System.CommandLine;
using SmartService.Server.Diagnosis;

namespace SmartService.Server.Commands;

/// <summary><c>doctor</c>: checks what can be checked without a customer. Exit code 1 when something is wrong.</summary>
public static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command("doctor", "Check settings, runtime, model, stores and credentials.");
        command.SetAction((_, cancellationToken) => Doctor.RunAsync(cancellationToken));
        return command;
    }
}
