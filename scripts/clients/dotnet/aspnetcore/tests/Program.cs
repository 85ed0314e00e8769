using System;
using System.Diagnostics;
using System.Linq;
using System.Text;
using System.Threading;
using MemcachedSoap.Sessions.Tested;
using MemcachedSoap.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace MemcachedSoap.Sessions.AspNetCore.Tested
{
    /// <summary>Runs all tests: program URL COMMAND FOLDER, where COMMAND PORT starts the example.</summary>
    static class Program
    {
        static int Main(string[] args)
        {
            var tests = new Tests();
            Func<Settings, ITransport> transport = settings => new HttpClientTransport(settings);
            StoreTests.Run(tests, args[0], transport);
            FaultTests.Run(tests, args[0], transport);
            ValueTests.Run(tests, args[0], transport);
            TlsTests.Run(tests, args[0], args[2], transport);
            using (var stored = new Fixture(args[0], null, transport))
            {
                SessionTests.Run(tests, args[0], stored);
                using (var site = new Application(args[0], args[1], "APP=site", "TIMEOUT=20")) new SiteTests(site, stored).Run(tests);
            }
            return tests.End();
        }
    }

    /// <summary>The example in a browser.</summary>
    sealed class SiteTests
    {
        const string Nobody = "{\"uid\":null,\"groups\":[]}";

        readonly Application site;
        readonly Fixture stored;

        public SiteTests(Application site, Fixture stored)
        {
            this.site = site;
            this.stored = stored;
        }

        Browser With(string id) { return new Browser(site) { Cookie = id }; }

        Browser LoggedIn()
        {
            var user = new Browser(site);
            user.Post("/login?uid=dwho");
            return user;
        }

        public void Run(Tests tests)
        {
            tests.Run("a login gives a new id and is the user of the framework", () => {
                var user = new Browser(site);
                user.Post("/set?key=note", "\"before\"");
                var before = user.Cookie;
                var head = user.Send("POST", "/login?uid=dwho", "").Head.ToLowerInvariant();
                Check.That(head.Contains("httponly") && head.Contains("samesite=lax") && head.Contains("path=/;"), head);
                Check.That(before != user.Cookie && !stored.IsStored(before) && SessionId.IsValid(user.Cookie), "new id");
                Check.Equal("{\"uid\":\"dwho\",\"groups\":[\"users\",\"staff\"]}", user.Text("/whoami"));
                Check.Equal("{\"present\":true,\"value\":\"before\"}", user.Text("/get?key=note"));
                Check.Equal(Nobody, With(before).Text("/whoami"), "the former id");
            });
            tests.Run("a logout deletes the session, and the browser forgets its id", () => {
                var user = LoggedIn();
                var id = user.Cookie;
                user.Post("/logout");
                Check.That(user.Cookie == null && !stored.IsStored(id), "gone");
                Check.Equal(Nobody, With(id).Text("/whoami"));
            });
            tests.Run("requests of one session do not wait for each other and keep all changes", () => {
                var user = LoggedIn();
                var watch = Stopwatch.StartNew();
                Check.Parallel(8, i => With(user.Cookie).Post("/slow?ms=1000&key=slow" + i, "" + i));
                Check.That(watch.ElapsedMilliseconds < 4000, "8 pages of 1 second took " + watch.ElapsedMilliseconds + " ms");
                Check.Parallel(8, w => {
                    for (var i = 0; i < 40; i++) With(user.Cookie).Post("/set?key=w" + w + "_" + i, "" + i);
                });
                Check.Equal(320, stored.StoredNames(user.Cookie).Count(n => n.StartsWith("site/w")), "attributes");
            });
            tests.Run("pages call the service at most twice, and not without a session", () => {
                var user = LoggedIn();
                user.Post("/set?key=note", "1");
                foreach (var page in new[] { "GET /plain:", "GET /whoami:getSession", "POST /set?key=note:getSession",
                    "POST /remove?key=note:getSession updateSession" })
                {
                    site.Relay.Taken();
                    var parts = page.Split(' ', ':');
                    Check.Equal(200, user.Send(parts[0], parts[1], "1").Status, page);
                    Check.Equal(page.Substring(page.IndexOf(':') + 1), string.Join(" ", site.Relay.Taken()), page);
                }
                var visitor = new Browser(site);
                site.Relay.Taken();
                visitor.Text("/whoami");
                Check.Equal("", string.Join(" ", site.Relay.Taken()), "a visitor without a cookie");
                Check.That(visitor.Cookie == null, "no cookie for an empty session");
            });
            tests.Run("forged and malformed ids are replaced", () => {
                const string forged = "0123456789abcdef0123456789abcdef";
                foreach (var cookie in new[] { forged, "", "x", "deadbeef", new string('a', 65), new string('A', 32), new string('g', 32),
                    "<script>", "\"", "%00" + new string('a', 32), "../../etc/passwd", new string('a', 6000), "é" })
                {
                    site.Relay.Taken();
                    var thief = With(cookie);
                    Check.Equal(Nobody, thief.Text("/whoami"), cookie);
                    if (cookie != forged) Check.Equal(0, site.Relay.Taken().Count, "calls for " + cookie);
                    thief.Cookie = cookie;
                    thief.Post("/set?key=note", "1");
                    Check.That(SessionId.IsValid(thief.Cookie) && thief.Cookie != cookie, "a new id instead of " + cookie);
                }
                Check.That(!stored.IsStored(forged), "nothing is stored under a forged id");
            });
            tests.Run("a late page does not bring a session back", () => {
                var user = LoggedIn();
                var id = user.Cookie;
                var late = new Thread(() => With(id).Post("/slow?ms=1000&key=note", "1"));
                site.Relay.Taken();
                late.Start();
                Check.Eventually(() => site.Relay.Taken().Contains("getSession"), "the page has read the session");
                Thread.Sleep(200);
                user.Post("/logout");
                late.Join();
                Check.That(!stored.IsStored(id), "it stays gone");
            });
            tests.Run("a service that is down is an error page, never an empty session", () => {
                var user = LoggedIn();
                var id = user.Cookie;
                site.Relay.Way = Way.Breaks;
                try
                {
                    foreach (var path in new[] { "GET /whoami", "GET /get?key=note", "POST /set?key=note", "POST /logout", "POST /login?uid=dwho" })
                        Check.Equal(503, user.Send(path.Split(' ')[0], path.Split(' ')[1], "1").Status, path);
                    Check.Equal(503, new Browser(site).Send("POST", "/set?key=note", "1").Status, "a new session");
                    Check.Equal(200, user.Get("/plain").Status, "a page without a session");
                    Check.Equal(id, user.Cookie, "the browser keeps its id");
                }
                finally { site.Relay.Way = Way.Open; }
                Check.Equal("{\"uid\":\"dwho\",\"groups\":[\"users\",\"staff\"]}", user.Text("/whoami"), "when it is back");
            });
            tests.Run("what cannot be shared or is too large is an error that names it", () => {
                var user = new Browser(site);
                user.Post("/set?key=note", "\"kept\"");
                foreach (var key in new[] { "_session_id", "uid_MD5", "large" })
                {
                    var page = user.Send("POST", "/set?key=" + key, key == "large" ? "\"" + new string('a', 20 << 20) + "\"" : "1");
                    Check.That(page.Status == 500 && page.Body.Contains("\"" + key + "\""), page.Body);
                }
                Check.Equal("{\"present\":true,\"value\":\"kept\"}", user.Text("/get?key=note"));
            });
        }
    }
}
