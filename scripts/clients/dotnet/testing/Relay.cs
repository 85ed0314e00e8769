using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;

namespace MemcachedSoap.Testing
{
    /// <summary>What a relay does with requests.</summary>
    public enum Way
    {
        /// <summary>It forwards them.</summary>
        Open,
        /// <summary>It never answers.</summary>
        Hangs,
        /// <summary>It closes the connection.</summary>
        Breaks,
        /// <summary>It sends the answer of a proxy without a service.</summary>
        BadGateway,
        /// <summary>It sends an endless head and body, one byte at a time.</summary>
        Drips,
        /// <summary>It sends the fault UnreadableSession.</summary>
        Unreadable,
    }

    /// <summary>Stands between an adapter and the service, counts the calls and can fail.</summary>
    public sealed class Relay : IDisposable
    {
        readonly TcpListener listener = new TcpListener(IPAddress.Loopback, 0);
        readonly Uri target;
        readonly List<string> calls = new List<string>();
        readonly List<string> heads = new List<string>();
        readonly List<TcpClient> open = new List<TcpClient>();

        /// <summary>What it does from the next request on.</summary>
        public volatile Way Way;

        /// <summary>The address that the adapter calls.</summary>
        public string Url { get; private set; }

        /// <summary>The number of connections so far.</summary>
        public int Connections { get { return connections; } }

        int connections;
        volatile bool disposed;

        /// <summary>Starts a relay to a service.</summary>
        public Relay(string url)
        {
            target = new Uri(url);
            listener.Start(100);
            Url = "http://127.0.0.1:" + ((IPEndPoint)listener.LocalEndpoint).Port + target.AbsolutePath;
            new Thread(Accept) { IsBackground = true }.Start();
        }

        /// <summary>Returns the operations that were called since the last Taken.</summary>
        public IList<string> Taken()
        {
            lock (calls)
            {
                var taken = calls.ToList();
                calls.Clear();
                return taken;
            }
        }

        /// <summary>Returns the heads of the requests since the start.</summary>
        public IList<string> Heads() { lock (calls) return heads.ToList(); }

        /// <summary>Closes all connections, as a restart of the service does.</summary>
        public void CloseConnections()
        {
            lock (open)
            {
                open.ForEach(c => c.Close());
                open.Clear();
            }
        }

        /// <summary>Ends the relay.</summary>
        public void Dispose()
        {
            disposed = true;
            listener.Stop();
            CloseConnections();
        }

        void Accept()
        {
            while (!disposed)
            {
                TcpClient client;
                try { client = listener.AcceptTcpClient(); }
                catch (SocketException) { return; }
                catch (ObjectDisposedException) { return; }
                Interlocked.Increment(ref connections);
                lock (open) open.Add(client);
                new Thread(() => {
                    try { using (client) Serve(client); }
                    catch (System.IO.IOException) { }
                    catch (ObjectDisposedException) { }
                    catch (InvalidOperationException) { }
                    catch (SocketException) { }
                }) { IsBackground = true }.Start();
            }
        }

        void Serve(TcpClient client)
        {
            client.NoDelay = true;
            var stream = client.GetStream();
            TcpClient upstream = null;
            try
            {
                byte[] message;
                while ((message = Message(stream)) != null)
                {
                    var text = Encoding.UTF8.GetString(message);
                    lock (calls)
                    {
                        heads.Add(text.Substring(0, text.IndexOf("\r\n\r\n", StringComparison.Ordinal)));
                        calls.Add(Regex.Match(text, "<e:Body><(\\w+)").Groups[1].Value);
                    }
                    switch (Way)
                    {
                        case Way.Hangs: Thread.Sleep(60000); return;
                        case Way.Breaks: return;
                        case Way.BadGateway: Send(stream, "502 Bad Gateway", "text/html", "<html>no service</html>"); continue;
                        case Way.Drips: Drip(stream); return;
                        case Way.Unreadable: Send(stream, "500 Error", "text/xml", Unreadable); continue;
                    }
                    if (upstream == null) upstream = new TcpClient(target.Host, target.Port) { NoDelay = true };
                    upstream.GetStream().Write(message, 0, message.Length);
                    var answer = Message(upstream.GetStream());
                    if (answer == null) return;
                    stream.Write(answer, 0, answer.Length);
                }
            }
            finally
            {
                if (upstream != null) upstream.Close();
            }
        }

        const string Unreadable = "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body><e:Fault>" +
            "<faultcode>e:Server</faultcode><faultstring>unreadable</faultstring><detail>" +
            "<UnreadableSessionFault xmlns=\"urn:memcached-soap:session:v1\"><id>aa</id><reason>r</reason></UnreadableSessionFault>" +
            "</detail></e:Fault></e:Body></e:Envelope>";

        static void Send(NetworkStream stream, string status, string type, string body)
        {
            var bytes = Encoding.UTF8.GetBytes("HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\nContent-Length: " +
                body.Length + "\r\n\r\n" + body);
            stream.Write(bytes, 0, bytes.Length);
        }

        void Drip(NetworkStream stream)
        {
            var head = Encoding.UTF8.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 100000\r\n\r\n");
            stream.Write(head, 0, head.Length);
            while (!disposed)
            {
                stream.WriteByte((byte)' ');
                Thread.Sleep(50);
            }
        }

        // Reads one message with its body, which has a length or is chunked.
        static byte[] Message(NetworkStream stream)
        {
            var message = new List<byte>();
            while (!EndsWith(message, "\r\n\r\n")) if (!ReadByte(stream, message)) return null;
            var head = Encoding.UTF8.GetString(message.ToArray());
            var length = Regex.Match(head, "(?im)^Content-Length: *(\\d+)");
            if (length.Success)
            {
                var body = new byte[int.Parse(length.Groups[1].Value)];
                for (int at = 0, n; at < body.Length; at += n)
                    if ((n = stream.Read(body, at, body.Length - at)) == 0) return null;
                message.AddRange(body);
            }
            else if (Regex.IsMatch(head, "(?im)^Transfer-Encoding: *chunked"))
                while (!EndsWith(message, "\r\n0\r\n\r\n")) if (!ReadByte(stream, message)) return null;
            return message.ToArray();
        }

        static bool ReadByte(NetworkStream stream, List<byte> message)
        {
            var b = stream.ReadByte();
            if (b >= 0) message.Add((byte)b);
            return b >= 0;
        }

        static bool EndsWith(List<byte> message, string end)
        {
            if (message.Count < end.Length) return false;
            for (var i = 0; i < end.Length; i++) if (message[message.Count - end.Length + i] != end[i]) return false;
            return true;
        }
    }
}
