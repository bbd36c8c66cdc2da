using SmartService.Evals.Commands;
using SmartService.Inference.Hosting;
using SmartService.Inference.Hosting.ChildProcess;
using Spectre.Console;

if (await ModelHostChild.RunIfRequestedAsync(args, ModelHosts.InProcess, CancellationToken.None) is { } code)
{
    return code;
}

return await EvalCommands.Create(AnsiConsole.Console).Parse(args).InvokeAsync();
