using System;
using System.Collections.Specialized;
using System.Linq;
using System.Web.Configuration;
using MemcachedSoap.Sessions.Tested;
using MemcachedSoap.Testing;

namespace MemcachedSoap.Sessions.Web.Tested
{
    /// <summary>Runs all tests: program URL COMMAND FOLDER, where COMMAND PORT starts the site of the tests.</summary>
    static class Program
    {
        static int Main(string[] args)
        {
            var tests = new Tests();
            Func<Settings, ITransport> transport = settings => new WebRequestTransport(settings);
            StoreTests.Run(tests, args[0], transport);
            FaultTests.Run(tests, args[0], transport);
            ValueTests.Run(tests, args[0], transport);
            TlsTests.Run(tests, args[0], args[2], transport);
            Configuration(tests);
            using (var stored = new Fixture(args[0], null, transport))
            {
                using (var site = new Application(args[0], args[1], "APP=site", "TIMEOUT=20")) new SiteTests(site, stored).Run(tests);
                OtherSite(tests, args[0], args[1]);
            }
            return tests.End();
        }

        static void OtherSite(Tests tests, string url, string command)
        {
            tests.Run("a site with other settings", () => {
                using (var site = new Application(url, command, "APP=other", "TOUCH=true", "DOMAIN=example.org", "SECURE=true", "SAMESITE=None",
                    "COOKIEPATH=/shop"))
                {
                    var head = SiteTests.LoggedInHead(site);
                    Check.That(head.Contains("path=/shop; SameSite=None") && head.Contains("domain=example.org") && head.Contains("secure"), head);
                    var user = new Browser(site);
                    user.Post("/set?key=note", "1");
                    site.Relay.Taken();
                    user.Text("/tested?do=reset");
                    Check.Equal("getSession touchSession", string.Join(" ", site.Relay.Taken()), "touchPlain");
                }
            });
        }

        static void Configuration(Tests tests)
        {
            tests.Run("wrong attributes of the provider are refused", () => {
                Action<string, string, string> refused = (name, value, text) => {
                    var attributes = new NameValueCollection { { "url", "http://127.0.0.1/soap" } };
                    attributes[name] = value;
                    var e = Check.Throws<ArgumentException>(() => new WebSettings(attributes, new SessionStateSection(), new HttpCookiesSection()));
                    Check.That(e.Message.Contains(text), e.Message);
                };
                refused("url", "", "url");
                refused("url", "env:NO_SUCH_VARIABLE", "url");
                refused("compression", "true", "compression");
                refused("timeout", "soon", "timeout");
                refused("timeout", "0", "timeout");
                refused("lifetime", "-5", "lifetime");
                refused("touchPlain", "perhaps", "touchPlain");
                refused("objects", "public", "objects");
                refused("objects", "private", "types");
                refused("types", "System.DateTime", "objects");
                refused("types", "No.Such.Type", "No.Such.Type");
                refused("cookieSameSite", "Sometimes", "cookieSameSite");
                refused("cookieSameSite", "None", "cookieSecure");
                refused("anonymous", "public", "anonymous");
                refused("shared", "_session_id", "_session_id");
            });
            tests.Run("attributes of the provider are read", () => {
                var attributes = new NameValueCollection {
                    { "url", "http://127.0.0.1/soap" }, { "key", "k" }, { "timeout", "0.5" }, { "lifetime", "60" }, { "shared", "a, b" },
                    { "exact", "n" }, { "objects", "private" }, { "types", "System.DateTime; System.Guid" }, { "anonymous", "ok" }, { "cookieDomain", "example.org" } };
                var settings = new WebSettings(attributes, new SessionStateSection(), new HttpCookiesSection());
                Check.Equal("k 500 60 a,b n 2 / example.org aspnet", string.Join(" ", settings.Key, settings.Timeout.TotalMilliseconds, settings.Lifetime,
                    string.Join(",", settings.Shared), string.Join(",", settings.Exact), settings.Types.Count, settings.Anonymous.Single(),
                    settings.CookieDomain, settings.App));
            });
        }
    }
}
