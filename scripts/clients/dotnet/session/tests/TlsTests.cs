using System;
using System.IO;
using System.Security.Cryptography.X509Certificates;
using MemcachedSoap.Testing;

namespace MemcachedSoap.Sessions.Tested
{
    /// <summary>Which certificates of a service are trusted.</summary>
    static class TlsTests
    {
        public static void Run(Tests tests, string url, string folder, Func<Settings, ITransport> transport)
        {
            tests.Run("a service with TLS is trusted if an authority of the file has signed its certificate, and for its name", () => {
                Check.That(IsTrusted(url, folder, "localhost", "ca.pem", transport), "the authority");
                Check.That(!IsTrusted(url, folder, "localhost", "other.pem", transport), "another authority");
                Check.That(!IsTrusted(url, folder, "localhost", null, transport), "those of the system");
                Check.That(!IsTrusted(url, folder, "127.0.0.1", "ca.pem", transport), "another name");
                var certificate = new X509Certificate2(Path.Combine(folder, "names.pem"));
                foreach (var host in new[] { "a.example.org", "A.EXAMPLE.ORG", "b.wild.example.org", "192.0.2.1", "2001:db8::1", "[2001:db8::1]" })
                    Check.That(CertificateNames.Contain(certificate, host), host);
                foreach (var host in new[] { "names", "example.org", "b.a.example.org", "wild.example.org", "c.b.wild.example.org", "192.0.2.2", "::1", "" })
                    Check.That(!CertificateNames.Contain(certificate, host), host);
            });
            tests.Run("a file without certificates is refused", () => {
                Check.Throws<ArgumentException>(() => At(url, url, Path.Combine(folder, "ca.key"), transport));
                Check.Throws<FileNotFoundException>(() => At(url, url, Path.Combine(folder, "absent.pem"), transport));
            });
        }

        // Each has a service of its own: HttpWebRequest shares the connections to one.
        static bool IsTrusted(string url, string folder, string name, string authority, Func<Settings, ITransport> transport)
        {
            using (var relay = new TlsRelay(url, Path.Combine(folder, "localhost.p12"), "test"))
            using (var f = At(url, "https://" + name + ":" + relay.Port + "/soap", authority == null ? null : Path.Combine(folder, authority), transport))
            {
                try { f.New("a", 1); }
                catch (SessionUnavailableException) { return false; }
                return true;
            }
        }

        static Fixture At(string url, string address, string caFile, Func<Settings, ITransport> transport)
        {
            return new Fixture(url, s => { s.Url = address; s.CaFile = caFile; s.Timeout = TimeSpan.FromSeconds(20); }, transport);
        }
    }
}
