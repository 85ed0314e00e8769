using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace MemcachedSoap.Testing
{
    /// <summary>An application in a process of its own, behind a relay to the service.</summary>
    public sealed class Application : IDisposable
    {
        readonly Process process;
        readonly int port;

        /// <summary>The way of the application to the service.</summary>
        public readonly Relay Relay;

        /// <summary>Starts "mono PROGRAM ARGUMENTS PORT" with variables of the environment: NAME=VALUE.</summary>
        public Application(string url, string command, params string[] variables)
        {
            Relay = new Relay(url);
            var free = new TcpListener(IPAddress.Loopback, 0);
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
            free.Stop();
            var start = new ProcessStartInfo("mono", command + " " + port) { UseShellExecute = false };
            start.EnvironmentVariables["SOAP_URL"] = Relay.Url;
            foreach (var variable in variables)
                start.EnvironmentVariables[variable.Split('=')[0]] = variable.Substring(variable.IndexOf('=') + 1);
            process = Process.Start(start);
            var watch = Stopwatch.StartNew();
            while (true)
            {
                try { if (new Browser(this).Get("/plain").Status == 200) return; }
                catch (SocketException) { }
                if (process.HasExited || watch.Elapsed > TimeSpan.FromSeconds(60)) throw new FailedException("the application does not start");
                System.Threading.Thread.Sleep(50);
            }
        }

        /// <summary>Sends the bytes of one request and returns the answer.</summary>
        public string Exchange(byte[] request)
        {
            using (var client = new TcpClient("127.0.0.1", port) { ReceiveTimeout = 60000 })
            using (var answer = new MemoryStream())
            {
                client.GetStream().Write(request, 0, request.Length);
                client.GetStream().CopyTo(answer);
                return Encoding.UTF8.GetString(answer.ToArray());
            }
        }

        /// <summary>Ends the application.</summary>
        public void Dispose()
        {
            Relay.Dispose();
            if (!process.HasExited) process.Kill();
            process.WaitForExit();
        }
    }

    /// <summary>The answer to a browser.</summary>
    public sealed class Page
    {
        /// <summary>The HTTP status.</summary>
        public int Status;

        /// <summary>The head of the answer.</summary>
        public string Head;

        /// <summary>The text of the answer.</summary>
        public string Body;
    }

    /// <summary>A browser with one cookie.</summary>
    public sealed class Browser
    {
        readonly Application application;

        /// <summary>The value of the cookie, or null.</summary>
        public string Cookie;

        /// <summary>Makes a browser.</summary>
        public Browser(Application application) { this.application = application; }

        /// <summary>Gets a page.</summary>
        public Page Get(string path) { return Send("GET", path, ""); }

        /// <summary>Gets a page that must have the status 200, and returns its text.</summary>
        public string Text(string path)
        {
            var page = Get(path);
            Check.Equal(200, page.Status, path + ": " + page.Body);
            return page.Body;
        }

        /// <summary>Posts a text to a page that must have the status 200.</summary>
        public string Post(string path, string body = "")
        {
            var page = Send("POST", path, body);
            Check.Equal(200, page.Status, path + ": " + page.Body);
            return page.Body;
        }

        /// <summary>Sends a request and keeps the cookie of the answer.</summary>
        public Page Send(string method, string path, string body)
        {
            var bytes = Encoding.UTF8.GetBytes(body);
            var head = method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" +
                (Cookie == null ? "" : "Cookie: other=1; sessionid=" + Cookie + "\r\n") +
                "Content-Type: application/json\r\nContent-Length: " + bytes.Length + "\r\n\r\n";
            var answer = application.Exchange(Encoding.UTF8.GetBytes(head).Concat(bytes).ToArray());
            var split = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (split < 0) throw new FailedException("no answer to " + path);
            var page = new Page { Head = answer.Substring(0, split), Body = answer.Substring(split + 4) };
            page.Status = int.Parse(page.Head.Substring(9, 3));
            var cookie = Regex.Match(page.Head, "(?im)^Set-Cookie: *sessionid=([^;\r\n]*)(.*)$");
            if (cookie.Success) Cookie = cookie.Groups[1].Value == "" || cookie.Groups[2].Value.Contains("2000") ? null : cookie.Groups[1].Value;
            return page;
        }
    }
}
