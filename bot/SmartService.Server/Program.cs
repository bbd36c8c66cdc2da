using System.CommandLine;
using System.Text;
using SmartService.Server;
using SmartService.Server.Hosting;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
HttpClient.DefaultProxy = new LoopbackBypass(HttpClient.DefaultProxy);

return await Failures.ReportAsync(() =>
    CommandLine.Create().Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));
