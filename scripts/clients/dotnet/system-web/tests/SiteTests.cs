using System;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using MemcachedSoap.Sessions.Tested;
using MemcachedSoap.Testing;

namespace MemcachedSoap.Sessions.Web.Tested
{
    /// <summary>What an application of System.Web sees, with a browser.</summary>
    sealed class SiteTests
    {
        readonly Application site;
        readonly Fixture stored;

        public SiteTests(Application site, Fixture stored)
        {
            this.site = site;
            this.stored = stored;
        }

        Browser User() { return new Browser(site); }

        Browser LoggedIn(string uid)
        {
            var user = User();
            user.Post("/login?uid=" + uid);
            return user;
        }

        Browser With(string id) { return new Browser(site) { Cookie = id }; }

        public void Run(Tests tests)
        {
            tests.Run("a login gives a new id and is the user of the framework", () => {
                var user = User();
                user.Post("/set?key=note", "\"before\"");
                var before = user.Cookie;
                Check.That(SessionId.IsValid(before), "an id of 32 hexadecimal digits");
                user.Post("/login?uid=dwho");
                Check.That(before != user.Cookie && !stored.IsStored(before), "new id");
                Check.Equal("{\"uid\":\"dwho\",\"groups\":[\"users\",\"staff\"]}", user.Text("/whoami"));
                Check.Equal("{\"present\":true,\"value\":\"before\"}", user.Text("/get?key=note"));
                Check.Equal("{\"uid\":null,\"groups\":[]}", With(before).Text("/whoami"), "the former id");
                Check.Equal("_utime authenticationLevel cn groups mail uid", string.Join(" ",
                    stored.StoredNames(user.Cookie).Where(n => !n.Contains("/") && !n.EndsWith("_MD5"))), "stored");
            });
            tests.Run("URL authorization knows the shared login", () => {
                Check.Equal(401, User().Get("/members").Status, "a visitor");
                Check.Equal(404, LoggedIn("dwho").Get("/members").Status, "a member, whose page does not exist");
            });
            tests.Run("the cookie", () => {
                var head = LoggedInHead(site);
                Check.That(head.Contains("; path=/;") && head.Contains("HttpOnly") && head.Contains("SameSite=Lax"), head);
                Check.That(!head.ToLowerInvariant().Contains("secure") && !head.ToLowerInvariant().Contains("domain"), head);
                Check.Equal(1, head.Split(new[] { "Set-Cookie" }, StringSplitOptions.None).Length - 1, "cookies");
            });
            tests.Run("Abandon deletes the session, and the browser forgets its id", () => {
                var user = LoggedIn("dwho");
                var id = user.Cookie;
                user.Post("/logout");
                Check.That(user.Cookie == null && !stored.IsStored(id), "gone");
                Check.Equal("{\"uid\":null,\"groups\":[]}", With(id).Text("/whoami"));
                var again = With(id);
                again.Post("/set?key=note", "1");
                Check.That(again.Cookie != id && !stored.IsStored(id), "its id is not used again");
            });
            tests.Run("requests of one session do not wait for each other", () => {
                var user = LoggedIn("dwho");
                var watch = Stopwatch.StartNew();
                Check.Parallel(8, i => With(user.Cookie).Post("/slow?ms=1000&key=slow" + i, "" + i));
                Check.That(watch.ElapsedMilliseconds < 4000, "8 pages of 1 second took " + watch.ElapsedMilliseconds + " ms");
                for (var i = 0; i < 8; i++) Check.Equal("{\"present\":true,\"value\":" + i + "}", user.Text("/get?key=slow" + i));
            });
            tests.Run("8 browsers with 40 changes each: all 320 are kept", () => {
                var user = LoggedIn("dwho");
                Check.Parallel(8, w => {
                    for (var i = 0; i < 40; i++) With(user.Cookie).Post("/set?key=w" + w + "_" + i, "" + i);
                });
                Check.Equal(320, stored.StoredNames(user.Cookie).Count(n => n.StartsWith("site/w")), "attributes");
            });
            tests.Run("a list that is read is no change, one that is appended to is", () => {
                var user = User();
                user.Text("/tested?do=list");
                site.Relay.Taken();
                Check.Equal("1", user.Text("/tested?do=read"));
                Check.Equal("getSession", string.Join(" ", site.Relay.Taken()));
                user.Text("/tested?do=append");
                Check.Equal("getSession updateSession", string.Join(" ", site.Relay.Taken()));
                Check.Equal("2", user.Text("/tested?do=read"));
            });
            tests.Run("pages call the service at most twice, and not without a session", () => {
                var user = LoggedIn("dwho");
                user.Post("/set?key=note", "1");
                foreach (var page in new[] { "GET /plain:", "GET /whoami:getSession", "GET /get?key=note:getSession", "GET /readonly:getSession", "GET /tested?do=reset:getSession",
                    "POST /set?key=note:getSession", "POST /remove?key=note:getSession updateSession" })
                {
                    site.Relay.Taken();
                    var parts = page.Split(' ', ':');
                    Check.Equal(200, user.Send(parts[0], parts[1], parts[1].Contains("set") ? "1" : "").Status, page);
                    Check.Equal(page.Substring(page.IndexOf(':') + 1), string.Join(" ", site.Relay.Taken()), page);
                }
                site.Relay.Taken();
                foreach (var path in new[] { "/plain", "/whoami", "/get?key=note" }) User().Get(path);
                Check.Equal("", string.Join(" ", site.Relay.Taken()), "a visitor without a cookie");
            });
            tests.Run("an empty session is not stored and makes no cookie", () => {
                var user = User();
                user.Text("/whoami");
                Check.That(user.Cookie == null, "no cookie");
            });
            tests.Run("a page that only reads stores nothing", () => {
                var user = User();
                user.Post("/set?key=note", "\"kept\"");
                Check.Equal("refused", user.Text("/readonly"));
                Check.Equal("{\"present\":true,\"value\":\"kept\"}", user.Text("/get?key=note"));
            });
            tests.Run("forged and malformed ids are replaced", () => {
                const string forged = "0123456789abcdef0123456789abcdef";
                foreach (var cookie in new[] { forged, "", "x", "deadbeef", new string('a', 31), new string('a', 65), new string('A', 32),
                    new string('g', 32), "<script>alert(1)</script>", "\"", "%00" + new string('a', 32), "../../etc/passwd", new string('a', 6000), "é",
                    "{" + new string('a', 32) + "}" })
                {
                    site.Relay.Taken();
                    var thief = With(cookie);
                    Check.Equal("{\"uid\":null,\"groups\":[]}", thief.Text("/whoami"), cookie);
                    if (cookie != forged) Check.Equal(0, site.Relay.Taken().Count, "calls for " + cookie);
                    thief.Cookie = cookie;
                    thief.Post("/set?key=note", "1");
                    Check.That(SessionId.IsValid(thief.Cookie) && thief.Cookie != cookie, "a new id instead of " + cookie);
                }
                Check.That(!stored.IsStored(forged), "nothing is stored under a forged id");
                var adopting = With(forged);
                adopting.Text("/tested?do=adopt");
                Check.That(!stored.IsStored(forged), "not even if the module hands it in");
                Check.That(stored.StoredNames(adopting.Cookie).Contains("site/note"), "it is stored under a new one");
            });
            tests.Run("a late page does not bring a session back", () => {
                var user = LoggedIn("dwho");
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
            tests.Run("a logout everywhere", () => {
                var name = "all" + Guid.NewGuid().ToString("N");
                var users = new[] { LoggedIn(name), LoggedIn(name) };
                Check.Equal("2", LoggedIn("admin").Text("/tested?do=everywhere&uid=" + name));
                foreach (var user in users) Check.Equal("{\"uid\":null,\"groups\":[]}", user.Text("/whoami"));
            });
            new MoreSiteTests(site, stored).Run(tests);
        }

        internal static string LoggedInHead(Application site)
        {
            return new Browser(site).Send("POST", "/login?uid=dwho", "").Head;
        }
    }
}
