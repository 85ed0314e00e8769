using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Web;
using System.Web.SessionState;
using MemcachedSoap.Sessions.Web;

namespace Example
{
    /// <summary>The pages of the example that use the session. They answer with JSON.</summary>
    public sealed class Pages : IHttpHandler, IRequiresSessionState
    {
        /// <summary>A handler has no state.</summary>
        public bool IsReusable { get { return true; } }

        /// <summary>Answers a request.</summary>
        public void ProcessRequest(HttpContext context)
        {
            var session = context.Session;
            var key = context.Request.QueryString["key"];
            var method = context.Request.HttpMethod;
            var answer = new Dictionary<string, object>();
            switch (method + " " + context.Request.Path)
            {
                case "GET /whoami":
                    var user = (SharedPrincipal)context.User;
                    answer["uid"] = user.Identity.IsAuthenticated ? user.Identity.Name : null;
                    answer["groups"] = user.Groups.ToList();
                    break;
                case "POST /login":
                    var uid = context.Request.QueryString["uid"];
                    SharedLogin.SignIn(context, uid, "Name of " + uid, uid + "@example.com", new[] { "users", "staff" }, 2);
                    answer["uid"] = uid;
                    break;
                case "POST /logout":
                    SharedLogin.SignOut(context);
                    break;
                case "GET /get":
                    answer["present"] = session.Keys.Cast<string>().Contains(key, StringComparer.OrdinalIgnoreCase);
                    answer["value"] = session[key];
                    break;
                case "POST /set":
                    session[key] = Body.Read(context.Request);
                    break;
                case "POST /slow":
                    Thread.Sleep(int.Parse(context.Request.QueryString["ms"]));
                    session[key] = Body.Read(context.Request);
                    break;
                case "POST /remove":
                    session.Remove(key);
                    break;
                case "POST /many":
                    foreach (var entry in (Dictionary<string, object>)Body.Read(context.Request)) session[entry.Key] = entry.Value;
                    break;
                default:
                    context.Response.StatusCode = 404;
                    break;
            }
            Body.Write(context.Response, answer);
        }
    }

    /// <summary>A page without a session.</summary>
    public sealed class Plain : IHttpHandler
    {
        /// <summary>A handler has no state.</summary>
        public bool IsReusable { get { return true; } }

        /// <summary>Answers a request.</summary>
        public void ProcessRequest(HttpContext context) { Body.Write(context.Response, new Dictionary<string, object>()); }
    }

    /// <summary>Answers with the text of an error of the session: 503 if the service is down.</summary>
    public sealed class Errors : IHttpModule
    {
        /// <summary>Adds the module to an application.</summary>
        public void Init(HttpApplication application)
        {
            application.Error += (sender, e) => {
                var context = ((HttpApplication)sender).Context;
                var error = context.Error as HttpException ?? context.Error.GetBaseException() as HttpException;
                context.Response.ClearContent();
                context.Response.StatusCode = error == null ? 500 : error.GetHttpCode();
                context.Response.ContentType = "text/plain; charset=utf-8";
                context.Response.Write(error != null ? error.Message : "The page failed: " + context.Error.GetType().Name);
                context.Response.TrySkipIisCustomErrors = true;
                context.ClearError();
            };
        }

        /// <summary>Does nothing.</summary>
        public void Dispose() { }
    }

    /// <summary>The bodies of requests and answers.</summary>
    static class Body
    {
        public static object Read(HttpRequest request)
        {
            using (var reader = new StreamReader(request.InputStream, Encoding.UTF8)) return Json.Parse(reader.ReadToEnd());
        }

        public static void Write(HttpResponse response, object value)
        {
            response.ContentType = "application/json; charset=utf-8";
            response.Write(Json.Of(value));
        }
    }
}
