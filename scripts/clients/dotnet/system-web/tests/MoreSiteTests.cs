using System;
using System.Linq;
using System.Threading;
using MemcachedSoap.Sessions.Tested;
using MemcachedSoap.Testing;

namespace MemcachedSoap.Sessions.Web.Tested
{
    /// <summary>Errors, values and times in an application of System.Web.</summary>
    sealed class MoreSiteTests
    {
        readonly Application site;
        readonly Fixture stored;

        public MoreSiteTests(Application site, Fixture stored)
        {
            this.site = site;
            this.stored = stored;
        }

        public void Run(Tests tests)
        {
            foreach (var way in new[] { Way.Breaks, Way.BadGateway })
                tests.Run("a service that " + way + " is an error page, never an empty session", () => {
                    var user = new Browser(site);
                    user.Post("/login?uid=dwho");
                    var id = user.Cookie;
                    site.Relay.Way = way;
                    try
                    {
                        foreach (var path in new[] { "GET /whoami", "GET /get?key=note", "POST /set?key=note", "POST /logout", "GET /members" })
                            Check.Equal(503, user.Send(path.Split(' ')[0], path.Split(' ')[1], "1").Status, path);
                        Check.Equal(503, new Browser(site).Send("POST", "/set?key=note", "1").Status, "a new session");
                        Check.Equal(200, user.Get("/plain").Status, "a page without a session");
                        Check.Equal("", user.Text("/public?do=names"), "a public page");
                        Check.Equal("1", user.Text("/public?do=count"), "a public page that writes");
                        Check.Equal("1", new Browser(site).Text("/public?do=count"), "a public page of a visitor");
                        Check.Equal(id, user.Cookie, "the browser keeps its id");
                    }
                    finally { site.Relay.Way = Way.Open; }
                    Check.Equal("{\"uid\":\"dwho\",\"groups\":[\"users\",\"staff\"]}", user.Text("/whoami"), "when it is back");
                    Check.Equal("1", user.Text("/tested?do=count"), "what a public page wrote is gone");
                });
            tests.Run("what cannot be shared is an error that names it", () => {
                var user = new Browser(site);
                user.Post("/set?key=note", "\"kept\"");
                foreach (var path in new[] { "/tested?do=object", "/tested?do=null" }) Check.Equal(500, user.Get(path).Status, path);
                Check.That(user.Get("/tested?do=object").Body.Contains("\"thing\""), user.Get("/tested?do=object").Body);
                foreach (var key in new[] { "_session_id", "uid_MD5", "_timeout" })
                {
                    var page = user.Send("POST", "/set?key=" + key, "1");
                    Check.That(page.Status == 500 && page.Body.Contains("\"" + key + "\""), page.Body);
                }
                var large = user.Send("POST", "/set?key=large", "\"" + new string('a', 20 << 20) + "\"");
                Check.That(large.Status == 500 && large.Body.Contains("\"large\""), large.Body);
                Check.Equal("{\"present\":true,\"value\":\"kept\"}", user.Text("/get?key=note"));
            });
            tests.Run("values of each kind", () => {
                var user = new Browser(site);
                foreach (var json in new[] { "\"zoë 🦊\\u0000\\u000d\"", "42", "-7", "9007199254740991", "1.5", "1E-07", "true", "false", "null", "\"true\"", "\"0042\"",
                    "[1,\"1\",true,null,2.5,[\"nested\",[]]]", "{\"a\":{\"\":[false,{\"c\":\"d\"}]}}", "{\"base64\":\"AP/+/w==\"}", "[]", "{}" })
                {
                    Check.Equal(200, user.Send("POST", "/set?key=value", json).Status, json);
                    Check.Equal("{\"present\":true,\"value\":" + json + "}", user.Text("/get?key=value"));
                }
                user.Post("/set?key=value", "5");
                Check.Equal("Int32", user.Text("/tested?do=type&key=value"));
                user.Post("/set?key=value", "5000000000");
                Check.Equal("Int64", user.Text("/tested?do=type&key=value"));
            });
            tests.Run("names ignore the case of letters, as always in System.Web", () => {
                var user = new Browser(site);
                user.Text("/tested?do=case");
                Check.Equal("site/Note uid", string.Join(" ", stored.StoredNames(user.Cookie).Where(n => !n.EndsWith("_MD5"))));
                Check.Equal("Note uid", user.Text("/tested?do=names"));
                user.Text("/tested?do=clear");
                Check.Equal(0, stored.StoredNames(user.Cookie).Count, "attributes");
            });
            tests.Run("objects of allowed types", () => {
                var user = new Browser(site);
                user.Text("/tested?do=cart");
                user.Text("/tested?do=fill");
                Check.Equal("2", user.Text("/tested?do=goods"));
            });
            tests.Run("exact counters", () => {
                var user = new Browser(site);
                user.Post("/set?key=count", "0");
                for (var n = 0; n < 5; n++)
                    Check.Parallel(2, i => new Browser(site) { Cookie = user.Cookie }.Text("/tested?do=count"));
                Check.Equal("11", user.Text("/tested?do=count"));
            });
            tests.Run("Session.Timeout of one session is kept", () => {
                var user = new Browser(site);
                user.Text("/tested?do=timeout&minutes=90");
                Check.Equal("90", user.Text("/tested?do=minutes"));
                Check.That(stored.StoredNames(user.Cookie).Contains("site/_timeout"), "stored");
                user.Text("/tested?do=timeout&minutes=60");
                Check.Equal("60", user.Text("/tested?do=minutes"));
                Check.That(!stored.StoredNames(user.Cookie).Contains("site/_timeout"), "the standard is not stored");
            });
            tests.Run("a new id after the head of the answer was sent is an error, and the old one stays", () => {
                var user = new Browser(site);
                user.Post("/set?key=note", "1");
                var id = user.Cookie;
                user.Get("/tested?do=late");
                Check.That(stored.IsStored(id), "still there");
            });
        }
    }
}
