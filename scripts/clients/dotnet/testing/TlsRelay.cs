using System;
using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;

namespace MemcachedSoap.Testing
{
    /// <summary>Takes connections with TLS and forwards their bytes to a service without.</summary>
    public sealed class TlsRelay : IDisposable
    {
        readonly TcpListener listener = new TcpListener(IPAddress.Loopback, 0);
        readonly X509Certificate2 certificate;
        readonly Uri target;

        /// <summary>The port.</summary>
        public int Port { get { return ((IPEndPoint)listener.LocalEndpoint).Port; } }

        /// <summary>Starts a relay with a certificate and its key in PKCS #12.</summary>
        public TlsRelay(string url, string path, string password)
        {
            target = new Uri(url);
            certificate = new X509Certificate2(path, password);
            listener.Start();
            new Thread(Accept) { IsBackground = true }.Start();
        }

        /// <summary>Ends the relay.</summary>
        public void Dispose() { listener.Stop(); }

        void Accept()
        {
            while (true)
            {
                TcpClient client;
                try { client = listener.AcceptTcpClient(); }
                catch (SocketException) { return; }
                catch (ObjectDisposedException) { return; }
                new Thread(() => {
                    try { using (client) Serve(client); }
                    catch (Exception e) when (e is IOException || e is AuthenticationException || e is SocketException ||
                        e is ObjectDisposedException || e is AggregateException) { }
                }) { IsBackground = true }.Start();
            }
        }

        void Serve(TcpClient client)
        {
            using (var stream = new SslStream(client.GetStream()))
            using (var service = new TcpClient(target.Host, target.Port))
            {
                stream.AuthenticateAsServer(certificate, false, SslProtocols.Tls12, false);
                Task.WaitAny(stream.CopyToAsync(service.GetStream()), service.GetStream().CopyToAsync(stream));
            }
        }
    }
}
