using System;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading;
using System.Threading.Tasks;

namespace MemcachedSoap.Sessions.AspNetCore
{
    /// <summary>Sends requests with HttpClient, which keeps connections, without blocking a thread.</summary>
    public sealed class HttpClientTransport : ITransport
    {
        readonly HttpClient client;
        readonly Uri url;
        readonly string authorization;

        /// <summary>Makes a transport. It throws if the file of certificates cannot be read.</summary>
        public HttpClientTransport(Settings settings)
        {
            settings.Check();
            url = new Uri(settings.Url);
            authorization = settings.Authorization();
            var handler = new HttpClientHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false };
            if (!string.IsNullOrEmpty(settings.CaFile))
            {
                var authorities = CertificateAuthorities.Read(settings.CaFile);
                handler.ServerCertificateCustomValidationCallback = (request, certificate, chain, errors) =>
                    authorities.Trust(url.Host, certificate, chain, errors);
            }
            client = new HttpClient(handler) { Timeout = settings.Timeout, MaxResponseContentBufferSize = Answer.MaxBytes };
        }

        /// <summary>Posts a message.</summary>
        public async Task<HttpAnswer> Post(string soapAction, byte[] message, CancellationToken cancel)
        {
            using (var request = new HttpRequestMessage(HttpMethod.Post, url))
            {
                request.Content = new ByteArrayContent(message);
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("text/xml") { CharSet = "utf-8" };
                request.Headers.Add("SOAPAction", "\"" + soapAction + "\"");
                request.Headers.ExpectContinue = false;
                if (authorization != null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
                try
                {
                    using (var response = await client.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancel).ConfigureAwait(false))
                        return new HttpAnswer {
                            Status = (int)response.StatusCode,
                            Body = await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false),
                        };
                }
                catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
                {
                    throw new SessionUnavailableException("The session service does not answer in time.", e);
                }
                catch (Exception e) when (e is HttpRequestException || e is System.IO.IOException || e is System.Net.WebException ||
                    e is ObjectDisposedException)
                {
                    throw new SessionUnavailableException("The session service does not answer: the connection failed.", e);
                }
            }
        }
    }
}
