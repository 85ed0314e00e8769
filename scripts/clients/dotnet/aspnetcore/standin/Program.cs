using System;
using Example;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Standin
{
    /// <summary>Runs the example in mono, at the port of the first argument or of the variable PORT.</summary>
    static class Program
    {
        static void Main(string[] args)
        {
            var services = new Services();
            var startup = new Startup();
            startup.ConfigureServices(services);
            var app = new ApplicationBuilder { ApplicationServices = services };
            startup.Configure(app);
            Server.Run(app.Build(), int.Parse(args.Length > 0 ? args[0] : Environment.GetEnvironmentVariable("PORT")));
        }
    }
}
