using System;
using System.IO;
using System.Net;
using System.Threading;
using System.Threading.Tasks;

namespace MemcachedSoap.Sessions
{
    /// <summary>
    /// Sends requests with HttpWebRequest of the .NET Framework and mono, which keeps connections. It blocks
    /// the thread until the answer is there.
    /// </summary>
    public sealed class WebRequestTransport : ITransport
    {
        const int Connections = 100;
        // The service closes a connection after two minutes without a request.
        const int IdleMilliseconds = 60000;

        readonly Uri url;
        readonly string authorization;
        readonly int timeout;
        readonly CertificateAuthorities authorities;

        /// <summary>Makes a transport. It throws if the file of certificates cannot be read.</summary>
        public WebRequestTransport(Settings settings)
        {
            settings.Check();
            url = new Uri(settings.Url);
            authorization = settings.Authorization();
            timeout = (int)settings.Timeout.TotalMilliseconds;
            if (!string.IsNullOrEmpty(settings.CaFile)) authorities = CertificateAuthorities.Read(settings.CaFile);
            var point = ServicePointManager.FindServicePoint(url);
            point.ConnectionLimit = Math.Max(point.ConnectionLimit, Connections);
            point.MaxIdleTime = IdleMilliseconds;
            point.Expect100Continue = false;
            point.UseNagleAlgorithm = false;
        }

        /// <summary>Posts a message and blocks until the answer is there.</summary>
        public Task<HttpAnswer> Post(string soapAction, byte[] message, CancellationToken cancel)
        {
            var request = (HttpWebRequest)WebRequest.Create(url);
            request.Method = "POST";
            request.ContentType = "text/xml; charset=utf-8";
            request.Headers["SOAPAction"] = "\"" + soapAction + "\"";
            if (authorization != null) request.Headers["Authorization"] = authorization;
            request.AllowAutoRedirect = false;
            request.KeepAlive = true;
            request.Proxy = null;
            request.Timeout = request.ReadWriteTimeout = timeout;
            request.ContentLength = message.Length;
            if (authorities != null)
                request.ServerCertificateValidationCallback = (sender, certificate, chain, errors) =>
                    authorities.Trust(url.Host, certificate, chain, errors);
            // Timeout ends with the head of the answer. The timer ends a slow body, too.
            using (new Timer(state => request.Abort(), null, timeout, Timeout.Infinite))
            using (cancel.Register(request.Abort))
                return Task.FromResult(Exchange(request, message));
        }

        static HttpAnswer Exchange(HttpWebRequest request, byte[] message)
        {
            try
            {
                using (var stream = request.GetRequestStream()) stream.Write(message, 0, message.Length);
                using (var response = (HttpWebResponse)request.GetResponse()) return Read(response);
            }
            catch (WebException e)
            {
                var response = e.Response as HttpWebResponse;
                if (response == null) throw Unavailable(e, e.Status.ToString());
                try { using (response) return Read(response); }
                catch (Exception inner) when (inner is IOException || inner is WebException || inner is ObjectDisposedException)
                {
                    throw Unavailable(inner, "the answer is incomplete");
                }
            }
            catch (Exception e) when (e is IOException || e is ObjectDisposedException || e is InvalidOperationException)
            {
                throw Unavailable(e, "the connection broke");
            }
        }

        static SessionUnavailableException Unavailable(Exception e, string reason)
        {
            return new SessionUnavailableException("The session service does not answer: " + reason + ".", e);
        }

        static HttpAnswer Read(HttpWebResponse response)
        {
            var body = new MemoryStream();
            using (var stream = response.GetResponseStream())
            {
                var buffer = new byte[16384];
                for (int n; (n = stream.Read(buffer, 0, buffer.Length)) > 0;)
                {
                    body.Write(buffer, 0, n);
                    if (body.Length > Answer.MaxBytes)
                        throw new SessionException("The answer of the session service is larger than " + Answer.MaxBytes + " bytes.");
                }
            }
            if (response.ContentLength > body.Length) throw Unavailable(null, "the answer is incomplete");
            return new HttpAnswer { Status = (int)response.StatusCode, Body = body.ToArray() };
        }
    }
}
