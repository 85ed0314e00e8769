using System;
using System.Linq;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace MemcachedSoap.Sessions
{
    /// <summary>
    /// Compares a certificate with the name of the service. mono does not do so if the service is called by an
    /// address.
    /// </summary>
    static class CertificateNames
    {
        const string SubjectAlternativeName = "2.5.29.17";
        const byte Sequence = 0x30, DnsName = 0x82, Address = 0x87;

        /// <summary>Tells whether the certificate is one for the host, a name or an address.</summary>
        public static bool Contain(X509Certificate2 certificate, string host)
        {
            var extension = certificate.Extensions.Cast<X509Extension>().FirstOrDefault(e => e.Oid.Value == SubjectAlternativeName);
            if (extension == null) return false;
            IPAddress address;
            var isAddress = IPAddress.TryParse(host.Trim('[', ']'), out address);
            var der = extension.RawData;
            int at = 0, end;
            byte tag;
            if (!Head(der, ref at, out tag, out end) || tag != Sequence) return false;
            while (at < der.Length && Head(der, ref at, out tag, out end))
            {
                var content = der.Skip(at).Take(end - at).ToArray();
                if (isAddress && tag == Address && content.SequenceEqual(address.GetAddressBytes())) return true;
                if (!isAddress && tag == DnsName && Matches(Encoding.ASCII.GetString(content), host)) return true;
                at = end;
            }
            return false;
        }

        // Reads the tag and the length of an element, and moves to its content.
        static bool Head(byte[] der, ref int at, out byte tag, out int end)
        {
            tag = 0;
            end = 0;
            if (at + 2 > der.Length) return false;
            tag = der[at++];
            var length = (int)der[at++];
            if (length > 0x7f)
            {
                var bytes = length & 0x7f;
                if (bytes > 2 || at + bytes > der.Length) return false;
                for (length = 0; bytes > 0; bytes--) length = length << 8 | der[at++];
            }
            end = at + length;
            return end <= der.Length;
        }

        static bool Matches(string pattern, string host)
        {
            if (pattern.StartsWith("*.", StringComparison.Ordinal))
            {
                var dot = host.IndexOf('.');
                if (dot <= 0) return false;
                pattern = pattern.Substring(1);
                host = host.Substring(dot);
            }
            return string.Equals(pattern, host, StringComparison.OrdinalIgnoreCase);
        }
    }
}
