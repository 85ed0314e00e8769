using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace MemcachedSoap.Sessions
{
    /// <summary>Authorities that may have signed the certificate of the service, and no others.</summary>
    public sealed class CertificateAuthorities
    {
        const string Begin = "-----BEGIN CERTIFICATE-----";
        const string End = "-----END CERTIFICATE-----";

        readonly List<X509Certificate2> authorities = new List<X509Certificate2>();

        /// <summary>Reads a file of certificates in PEM. It throws ArgumentException if it has none.</summary>
        public static CertificateAuthorities Read(string path)
        {
            var read = new CertificateAuthorities();
            var text = File.ReadAllText(path);
            for (var at = 0; (at = text.IndexOf(Begin, at, StringComparison.Ordinal)) >= 0;)
            {
                at += Begin.Length;
                var end = text.IndexOf(End, at, StringComparison.Ordinal);
                if (end < 0) throw new ArgumentException("The file of certificates ends within a certificate.");
                read.authorities.Add(new X509Certificate2(Convert.FromBase64String(text.Substring(at, end - at).Trim())));
                at = end;
            }
            if (read.authorities.Count == 0) throw new ArgumentException("The file of certificates has no certificate in PEM.");
            return read;
        }

        /// <summary>
        /// Tells whether one of the authorities has signed the certificate of a host. The certificate must have the
        /// name or the address of the host as a subject alternative name, and its dates must hold.
        /// </summary>
        public bool Trust(string host, X509Certificate certificate, X509Chain sent, SslPolicyErrors errors)
        {
            if (certificate == null || !CertificateNames.Contain(new X509Certificate2(certificate), host)) return false;
            if ((errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0) return false;
            using (var chain = new X509Chain())
            {
                chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
                chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
                foreach (var authority in authorities) chain.ChainPolicy.ExtraStore.Add(authority);
                if (sent != null)
                    foreach (var element in sent.ChainElements) chain.ChainPolicy.ExtraStore.Add(element.Certificate);
                if (!chain.Build(new X509Certificate2(certificate))) return false;
                var root = chain.ChainElements[chain.ChainElements.Count - 1].Certificate.GetRawCertData();
                return authorities.Any(authority => authority.GetRawCertData().SequenceEqual(root));
            }
        }
    }
}
