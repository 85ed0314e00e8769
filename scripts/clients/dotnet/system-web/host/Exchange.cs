using System;
using System.IO;
using System.Net;
using System.Web;
using System.Web.Hosting;

namespace Host
{
    /// <summary>Hands one request of HttpListener to System.Web.</summary>
    sealed class Exchange : SimpleWorkerRequest
    {
        readonly HttpListenerContext context;
        readonly byte[] body;
        readonly MemoryStream answer = new MemoryStream();

        /// <summary>Answers a request.</summary>
        public static void Process(HttpListenerContext context)
        {
            try { HttpRuntime.ProcessRequest(new Exchange(context)); }
            catch (IOException) { context.Response.Abort(); }
            catch (HttpListenerException) { context.Response.Abort(); }
        }

        Exchange(HttpListenerContext context)
            : base(context.Request.Url.AbsolutePath.TrimStart('/'), context.Request.Url.Query.TrimStart('?'), null)
        {
            this.context = context;
            using (var read = new MemoryStream())
            {
                context.Request.InputStream.CopyTo(read);
                body = read.ToArray();
            }
        }

        public override string GetHttpVerbName() { return context.Request.HttpMethod; }

        public override string GetHttpVersion() { return "HTTP/1.1"; }

        public override string GetRawUrl() { return context.Request.RawUrl; }

        public override string GetRemoteAddress() { return context.Request.RemoteEndPoint.Address.ToString(); }

        public override int GetLocalPort() { return context.Request.LocalEndPoint.Port; }

        public override byte[] GetPreloadedEntityBody() { return body; }

        public override bool IsEntireEntityBodyIsPreloaded() { return true; }

        public override string GetKnownRequestHeader(int index)
        {
            return context.Request.Headers[GetKnownRequestHeaderName(index)];
        }

        public override string GetUnknownRequestHeader(string name) { return context.Request.Headers[name]; }

        public override string[][] GetUnknownRequestHeaders() { return new string[0][]; }

        public override void SendStatus(int statusCode, string statusDescription) { context.Response.StatusCode = statusCode; }

        public override void SendKnownResponseHeader(int index, string value)
        {
            SendUnknownResponseHeader(GetKnownResponseHeaderName(index), value);
        }

        public override void SendUnknownResponseHeader(string name, string value)
        {
            // HttpListener has its own properties for these.
            if (name == "Content-Length" || name == "Transfer-Encoding" || name == "Connection") return;
            if (name == "Content-Type") context.Response.ContentType = value;
            else context.Response.Headers.Add(name, value);
        }

        public override void SendResponseFromMemory(byte[] data, int length) { answer.Write(data, 0, length); }

        public override void FlushResponse(bool finalFlush)
        {
            if (!finalFlush) return;
            try
            {
                context.Response.ContentLength64 = answer.Length;
                answer.WriteTo(context.Response.OutputStream);
                context.Response.Close();
            }
            catch (IOException) { context.Response.Abort(); }
            catch (HttpListenerException) { context.Response.Abort(); }
            catch (ObjectDisposedException) { }
        }
    }
}
