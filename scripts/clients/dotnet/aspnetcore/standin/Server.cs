// A server in the place of Kestrel: as there, the response starts with its first byte.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Security.Claims;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Standin
{
    public static class Server
    {
        const int Threads = 64;

        /// <summary>Serves an application at a port of 127.0.0.1 until the process is ended.</summary>
        public static void Run(RequestDelegate application, int port)
        {
            ThreadPool.SetMinThreads(Threads, Threads);
            var listener = new HttpListener();
            listener.Prefixes.Add("http://127.0.0.1:" + port + "/");
            listener.Start();
            while (true)
            {
                var exchange = listener.GetContext();
                Task.Run(() => Handle(application, exchange));
            }
        }

        static async Task Handle(RequestDelegate application, HttpListenerContext exchange)
        {
            var context = new Context(exchange);
            try
            {
                await application(context);
                await context.Started();
            }
            catch (Exception e)
            {
                Console.Error.WriteLine("the application failed: " + e.GetType().Name);
                context.Answer.Fail();
            }
            try { context.Answer.Send(); }
            catch (Exception e) when (e is IOException || e is HttpListenerException || e is ObjectDisposedException) { exchange.Response.Abort(); }
        }
    }

    sealed class Context : HttpContext, IFeatureCollection
    {
        readonly Dictionary<Type, object> features = new Dictionary<Type, object>();

        public readonly Response Answer;

        public Context(HttpListenerContext exchange)
        {
            Request = new Request(exchange.Request);
            Answer = new Response(exchange.Response);
            User = new ClaimsPrincipal(new ClaimsIdentity());
        }

        public override IFeatureCollection Features { get { return this; } }
        public override HttpRequest Request { get; }
        public override HttpResponse Response { get { return Answer; } }
        public override ClaimsPrincipal User { get; set; }

        public override ISession Session
        {
            get
            {
                var feature = Get<ISessionFeature>();
                if (feature == null) throw new InvalidOperationException("Session has not been configured for this application or request.");
                return feature.Session;
            }
            set { Get<ISessionFeature>().Session = value; }
        }

        public Task Started() { return Answer.Start(); }

        public T Get<T>()
        {
            object value;
            return features.TryGetValue(typeof(T), out value) ? (T)value : default(T);
        }

        public void Set<T>(T instance) { features[typeof(T)] = instance; }
    }

    sealed class Request : HttpRequest, IQueryCollection, IRequestCookieCollection
    {
        readonly HttpListenerRequest request;

        public Request(HttpListenerRequest request)
        {
            this.request = request;
            Method = request.HttpMethod;
            Path = new PathString(request.Url.AbsolutePath);
            Query = this;
            Cookies = this;
            Body = request.InputStream;
        }

        public override string Method { get; set; }
        public override PathString Path { get; set; }
        public override IQueryCollection Query { get; set; }
        public override IRequestCookieCollection Cookies { get; set; }
        public override Stream Body { get; set; }

        string IQueryCollection.this[string key] { get { return Find(request.Url.Query.TrimStart('?'), '&', key); } }

        public bool TryGetValue(string key, out string value)
        {
            value = Find(request.Headers["Cookie"] ?? "", ';', key);
            return value != null;
        }

        static string Find(string list, char separator, string key)
        {
            var found = list.Split(separator).FirstOrDefault(part => part.Trim().StartsWith(key + "=", StringComparison.Ordinal));
            return found == null ? null : Uri.UnescapeDataString(found.Trim().Substring(key.Length + 1).Replace('+', ' '));
        }
    }

    sealed class Response : HttpResponse, IResponseCookies
    {
        readonly HttpListenerResponse response;
        readonly Stack<Func<Task>> callbacks = new Stack<Func<Task>>();
        readonly Output output;
        bool started;

        public Response(HttpListenerResponse response)
        {
            this.response = response;
            StatusCode = 200;
            Body = output = new Output(this);
        }

        public override int StatusCode { get; set; }
        public override string ContentType { get; set; }
        public override IResponseCookies Cookies { get { return this; } }
        public override bool HasStarted { get { return started; } }
        public override Stream Body { get; set; }

        public override void OnStarting(Func<Task> callback) { callbacks.Push(callback); }

        public async Task Start()
        {
            if (started) return;
            while (callbacks.Count > 0) await callbacks.Pop()();
            started = true;
        }

        // A page that fails before its first byte is an empty answer with the status 500.
        public void Fail()
        {
            if (started) return;
            StatusCode = 500;
            output.SetLength(0);
        }

        public void Send()
        {
            response.StatusCode = StatusCode;
            if (ContentType != null) response.ContentType = ContentType;
            response.ContentLength64 = output.Length;
            output.WriteTo(response.OutputStream);
            response.Close();
        }

        public void Append(string key, string value, CookieOptions options) { Cookie(key + "=" + value, options); }

        public void Delete(string key, CookieOptions options)
        {
            Cookie(key + "=; expires=Sat, 01 Jan 2000 00:00:00 GMT", options);
        }

        void Cookie(string cookie, CookieOptions options)
        {
            response.Headers.Add("Set-Cookie", cookie + (options.Domain == null ? "" : "; domain=" + options.Domain) + "; path=" + options.Path +
                (options.Secure ? "; secure" : "") + "; samesite=" + options.SameSite.ToString().ToLowerInvariant() +
                (options.HttpOnly ? "; httponly" : ""));
        }

        sealed class Output : MemoryStream
        {
            readonly Response response;

            public Output(Response response) { this.response = response; }

            public override async Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancel)
            {
                await response.Start();
                Write(buffer, offset, count);
            }
        }
    }
}
