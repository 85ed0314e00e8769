using System;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using MemcachedSoap.Testing;

namespace MemcachedSoap.Sessions.Tested
{
    /// <summary>What each fault does, and what is sent to the service.</summary>
    static class FaultTests
    {
        public static void Run(Tests tests, string url, Func<Settings, ITransport> transport)
        {
            foreach (var way in new[] { Way.Hangs, Way.Breaks, Way.BadGateway, Way.Drips })
                tests.Run("a service that " + way + " is an error, never an empty session", () => {
                    using (var f = new Fixture(url, s => s.Timeout = TimeSpan.FromSeconds(1), transport))
                    {
                        var data = f.New("a", 1);
                        f.Relay.Way = way;
                        var watch = Stopwatch.StartNew();
                        Check.Throws<SessionUnavailableException>(() => f.Read(data.Id));
                        Check.That(watch.ElapsedMilliseconds < 3000, "the timeout took " + watch.ElapsedMilliseconds + " ms");
                        f.Relay.Taken();
                        data.Values["a"] = 2;
                        Check.Throws<SessionUnavailableException>(() => f.Save(data));
                        Check.Equal("updateSession", string.Join(" ", f.Relay.Taken()), "a write is not repeated");
                        Check.Throws<SessionUnavailableException>(() => f.Save(NewWith(f, "b")));
                        f.Relay.Way = Way.Open;
                        Check.Equal(1, f.Read(data.Id).Values["a"], "when it is back");
                    }
                });
            tests.Run("nobody listens: an error", () => {
                using (var f = new Fixture("http://127.0.0.1:1/soap", s => s.Url = "http://127.0.0.1:1/soap", transport))
                    Check.Throws<SessionUnavailableException>(() => f.Read(SessionId.Create()));
            });
            tests.Run("closed connections of a restarted service are replaced", () => {
                using (var f = new Fixture(url, null, transport))
                {
                    var id = f.New("a", 1).Id;
                    Check.Parallel(4, i => f.Read(id));
                    f.Relay.CloseConnections();
                    Thread.Sleep(200);
                    for (var i = 0; i < 8; i++) Check.Equal(1, f.Read(id).Values["a"]);
                }
            });
            tests.Run("connections are kept", () => {
                using (var f = new Fixture(url, null, transport))
                {
                    var id = f.New("a", 1).Id;
                    for (var i = 0; i < 50; i++) f.Read(id);
                    Check.That(f.Relay.Connections <= 3, f.Relay.Connections + " connections for 51 calls");
                }
            });
            tests.Run("an unreadable session is a new one and is left as it is", () => {
                using (var f = new Fixture(url, null, transport))
                {
                    var data = f.New("a", 1);
                    f.Relay.Way = Way.Unreadable;
                    Check.That(f.Read(data.Id) == null, "no session");
                    data.Values["a"] = 2;
                    Check.That(!f.Save(data), "the change is dropped");
                    Check.That(f.Log().Contains("unreadable"), f.Log());
                }
            });
            tests.Run("an id that is malformed is never sent", () => {
                using (var f = new Fixture(url, null, transport))
                {
                    foreach (var id in new[] {
                        null, "", "deadbeef", new string('a', 31), new string('a', 65), new string('A', 32), new string('g', 32),
                        new string('a', 31) + "\n", new string('a', 32) + "\0", new string('a', 31) + "٣", "../" + new string('a', 32),
                        "{" + new string('a', 32) + "}" })
                        Check.That(f.Read(id) == null && !SessionId.IsValid(id), id ?? "null");
                    Check.Equal(0, f.Relay.Taken().Count, "calls");
                    Check.That(SessionId.IsValid(new string('a', 64)) && SessionId.IsValid(SessionId.Create()), "valid ids");
                    Check.Equal(1000, Enumerable.Range(0, 1000).Select(i => SessionId.Create()).Distinct().Count(), "different ids");
                }
            });
            tests.Run("an id that is not stored is not taken", () => {
                using (var f = new Fixture(url, null, transport))
                    Check.That(f.Read("0123456789abcdef0123456789abcdef") == null, "no session");
            });
            tests.Run("a key or a password is sent with the first request", () => {
                using (var f = new Fixture(url, s => s.Key = "the-key", transport))
                {
                    f.New("a", 1);
                    Check.That(f.Relay.Heads()[0].Contains("Authorization: Bearer the-key"), f.Relay.Heads()[0]);
                }
                using (var f = new Fixture(url, s => { s.User = "portal"; s.Password = "zoë:1"; }, transport))
                {
                    f.New("a", 1);
                    Check.That(f.Relay.Heads()[0].Contains("Authorization: Basic cG9ydGFsOnpvw6s6MQ=="), f.Relay.Heads()[0]);
                }
            });
            tests.Run("wrong settings are refused", () => {
                Action<Action<Settings>> refused = set => {
                    var settings = new Settings { Url = url, App = "test" };
                    set(settings);
                    Check.Throws<ArgumentException>(settings.Check);
                };
                refused(s => s.Url = null);
                refused(s => s.Url = "file:///etc/passwd");
                refused(s => s.Url = "http://user:password@127.0.0.1/soap");
                refused(s => s.App = "");
                refused(s => s.Key = "a\r\nb");
                refused(s => s.User = "alone");
                refused(s => { s.Key = "k"; s.User = "u"; s.Password = "p"; });
                refused(s => s.Timeout = TimeSpan.Zero);
                refused(s => s.Lifetime = -1);
                refused(s => s.Shared.Add("_session_id"));
                refused(s => s.Anonymous.Add("public"));
            });
            tests.Run("anonymous paths", () => {
                var settings = new Settings();
                settings.Anonymous.Add("/public");
                foreach (var path in new[] { "/public", "/public/a" }) Check.That(settings.IsAnonymous(path), path);
                foreach (var path in new[] { "/", "/publicity", "/private/public" }) Check.That(!settings.IsAnonymous(path), path);
                settings.Anonymous.Add("/");
                Check.That(settings.IsAnonymous("/private"), "all paths");
            });
        }

        static SessionData NewWith(Fixture f, string name)
        {
            var data = f.Store.Create();
            data.Values[name] = 1;
            return data;
        }
    }
}
