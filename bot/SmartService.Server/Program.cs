using System.CommandLine;
using System.Text;
using SmartService.Inference.Hosting;
using SmartService.Inference.Hosting.ChildProcess;
using SmartService.Server;
using SmartService.Server.Hosting;

if (await ModelHostChild.RunIfRequestedAsync(args, ModelHosts.InProcess, CancellationToken.None) is { } code)
{
    return code;
}

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
HttpClient.DefaultProxy = new LoopbackBypass(HttpClient.DefaultProxy);

return await Failures.ReportAsync(() =>
    CommandLine.Create().Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));
