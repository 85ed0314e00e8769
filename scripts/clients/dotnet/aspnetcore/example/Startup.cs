using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Claims;
using System.Text;
using System.Threading.Tasks;
using MemcachedSoap.Sessions.AspNetCore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Example
{
    /// <summary>The example as an application of ASP.NET Core.</summary>
    public class Startup
    {
        /// <summary>Adds the shared session and the shared login.</summary>
        public void ConfigureServices(IServiceCollection services)
        {
            services.AddSharedSession(options => {
                options.Url = Environment.GetEnvironmentVariable("SOAP_URL");
                options.Key = Environment.GetEnvironmentVariable("SOAP_KEY");
                double seconds;
                if (double.TryParse(Environment.GetEnvironmentVariable("TIMEOUT"), out seconds)) options.Timeout = TimeSpan.FromSeconds(seconds);
                options.App = Environment.GetEnvironmentVariable("APP") ?? options.App;
                foreach (var name in (Environment.GetEnvironmentVariable("SHARED") ?? "").Split(',').Where(name => name != ""))
                    options.Shared.Add(name);
            });
            services.AddAuthentication(options => {
                options.AddScheme<SharedLoginHandler>(SharedLogin.Scheme, null);
                options.DefaultScheme = SharedLogin.Scheme;
            });
        }

        /// <summary>Builds the pipeline. Pages before UseAuthentication do not read the session.</summary>
        public void Configure(IApplicationBuilder app)
        {
            app.UseSharedSession();
            app.Use(next => context => context.Request.Path.Value == "/plain" ? Write(context, new Dictionary<string, object>()) : next(context));
            app.UseAuthentication();
            app.Run(Page);
        }

        static async Task Page(HttpContext context)
        {
            var session = SharedLogin.Session(context);
            string key = context.Request.Query["key"];
            var answer = new Dictionary<string, object>();
            switch (context.Request.Method + " " + context.Request.Path.Value)
            {
                case "GET /whoami":
                    answer["uid"] = context.User.Identity.IsAuthenticated ? context.User.Identity.Name : null;
                    answer["groups"] = context.User.FindAll(ClaimTypes.Role).Select(claim => claim.Value).ToList();
                    break;
                case "POST /login":
                    string uid = context.Request.Query["uid"];
                    await SharedLogin.SignInAsync(context, uid, "Name of " + uid, uid + "@example.com", new[] { "users", "staff" }, 2);
                    answer["uid"] = uid;
                    break;
                case "POST /logout":
                    await SharedLogin.SignOutAsync(context);
                    break;
                case "GET /get":
                    object value;
                    answer["present"] = session.TryGetAttribute(key, out value);
                    answer["value"] = value;
                    break;
                case "POST /set":
                    session.SetAttribute(key, await Read(context));
                    break;
                case "POST /slow":
                    await Task.Delay(int.Parse(context.Request.Query["ms"]));
                    session.SetAttribute(key, await Read(context));
                    break;
                case "POST /remove":
                    session.Remove(key);
                    break;
                case "POST /many":
                    foreach (var entry in (Dictionary<string, object>)await Read(context)) session.SetAttribute(entry.Key, entry.Value);
                    break;
                default:
                    context.Response.StatusCode = 404;
                    break;
            }
            // Before the answer begins, so that an error can still be one.
            await session.CommitAsync();
            await Write(context, answer);
        }

        static async Task<object> Read(HttpContext context)
        {
            using (var reader = new StreamReader(context.Request.Body, Encoding.UTF8)) return Json.Parse(await reader.ReadToEndAsync());
        }

        static Task Write(HttpContext context, object answer)
        {
            context.Response.ContentType = "application/json; charset=utf-8";
            return context.Response.WriteAsync(Json.Of(answer));
        }
    }
}
