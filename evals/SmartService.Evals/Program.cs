using SmartService.Evals.Commands;
using Spectre.Console;

return await EvalCommands.Create(AnsiConsole.Console).Parse(args).InvokeAsync();
