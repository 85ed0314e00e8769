using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading;
using MemcachedSoap.Sessions.Tested;
using MemcachedSoap.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Session;
using Microsoft.Extensions.DependencyInjection;

namespace MemcachedSoap.Sessions.AspNetCore.Tested
{
    /// <summary>ISession as ASP.NET Core uses it.</summary>
    static class SessionTests
    {
        public static void Run(Tests tests, string url, Fixture stored)
        {
            tests.Run("the bytes of a session come back as they were", () => {
                var session = Open(url, null);
                var all = new[] { Bytes(""), Bytes("zoë 🦊"), Bytes("a\0b"), new byte[] { 0, 0, 0, 5 }, new byte[] { 255, 254, 0 } };
                for (var i = 0; i < all.Length; i++) session.Set("b" + i, all[i]);
                Commit(session);
                session = Open(url, session.Id);
                byte[] got;
                for (var i = 0; i < all.Length; i++)
                    Check.That(session.TryGetValue("b" + i, out got) && got.SequenceEqual(all[i]), "bytes " + i);
                Check.That(!session.TryGetValue("absent", out got) && got == null, "absent");
                Check.Equal("b0 b1 b2 b3 b4", string.Join(" ", session.Keys));
                Check.That(session.IsAvailable, "available");
            });
            tests.Run("values of other languages have bytes and keep their types", () => {
                var id = stored.New("shared", 5, "uid", "zoë", "groups", new List<object> { "a" }).Id;
                var session = Open(url, id);
                byte[] got;
                Check.That(session.TryGetValue("shared", out got), "a number");
                Check.Equal("5", Encoding.UTF8.GetString(got));
                Check.That(!session.TryGetValue("groups", out got), "a list has no bytes");
                session.Set("shared", Bytes("5"));
                Commit(session);
                Check.Equal(5, stored.Read(id).Values["shared"], "set to the same bytes");
                session = Open(url, id);
                session.SetAttribute("shared", 6);
                Commit(session);
                Check.Equal(6, stored.Read(id).Values["shared"]);
                Check.Throws<ArgumentNullException>(() => session.Set("a", null));
            });
            tests.Run("Clear and Remove", () => {
                var id = stored.New("shared", 5, "uid", "zoë", "other", 1).Id;
                var session = Open(url, id);
                session.Remove("shared");
                Commit(session);
                session.Clear();
                Commit(session);
                Check.Equal("test/other", string.Join(" ", stored.StoredNames(id)), "of another application");
            });
            tests.Run("a new session after the response has begun is an error", () => {
                var session = Open(url, null, () => false);
                session.Set("a", Bytes("1"));
                Check.Throws<InvalidOperationException>(() => Commit(session));
                var id = stored.New("a", 1).Id;
                var late = Open(url, id, () => false);
                Check.Throws<InvalidOperationException>(() => late.RenewAsync().GetAwaiter().GetResult());
                Check.That(stored.IsStored(id), "the old id stays");
            });
            tests.Run("a login after a logout in one request begins an empty session", () => {
                var id = stored.New("shared", "of the former user").Id;
                var session = Open(url, id);
                session.DeleteAsync().GetAwaiter().GetResult();
                session.RenewAsync().GetAwaiter().GetResult();
                session.SetAttribute("uid", "zoë");
                Commit(session);
                Check.That(!stored.IsStored(id), "the former session is gone");
                Check.Equal("uid", string.Join(" ", stored.StoredNames(session.Id).Where(n => !n.EndsWith("_MD5"))));
            });
            tests.Run("an anonymous page has an empty session while the service is down", () => {
                var store = Store("http://127.0.0.1:1/soap");
                var session = new SharedSession(store, SessionId.Create(), TimeSpan.FromMinutes(1), () => true, true);
                Check.That(!session.IsAvailable && !session.Keys.Any(), "empty");
                session.Set("a", Bytes("1"));
                Commit(session);
                Check.Throws<SessionUnavailableException>(() => Open("http://127.0.0.1:1/soap", SessionId.Create()).Keys.ToString());
            });
            tests.Run("times", () => {
                Check.Equal(-1, SharedSessionOptions.Seconds(Timeout.InfiniteTimeSpan), "infinite");
                Check.Equal(0, SharedSessionOptions.Seconds(TimeSpan.FromSeconds(-300)), "negative");
                Check.Equal(2, SharedSessionOptions.Seconds(TimeSpan.FromMilliseconds(1500)), "rounded up");
                Check.Equal(int.MaxValue, SharedSessionOptions.Seconds(TimeSpan.MaxValue), "longest");
            });
            tests.Run("wrong options are refused", () => {
                Action<Action<SharedSessionOptions>> refused = set => {
                    var options = new SharedSessionOptions { Url = url };
                    set(options);
                    Check.Throws<ArgumentException>(options.Check);
                };
                refused(o => o.Url = null);
                refused(o => o.CookieName = "");
                refused(o => o.CookieSameSite = SameSiteMode.None);
                refused(o => o.IdleTimeout = TimeSpan.Zero);
            });
            tests.Run("a logout everywhere", () => {
                var name = "all" + Guid.NewGuid();
                stored.New("uid", name);
                Check.Equal(1, Store(url).DeleteAllAsync(name).GetAwaiter().GetResult());
            });
        }

        static byte[] Bytes(string text) { return Encoding.UTF8.GetBytes(text); }

        static SharedSessionStore Store(string url)
        {
            var options = new SharedSessionOptions { Url = url, Log = text => { } };
            options.Shared.Add("shared");
            return new SharedSessionStore(new OptionsOf<SharedSessionOptions> { Value = options });
        }

        static SharedSession Open(string url, string id, Func<bool> establish = null)
        {
            ISessionStore store = Store(url);
            return (SharedSession)store.Create(id, TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(2), establish ?? (() => true), id == null);
        }

        static void Commit(ISession session) { session.CommitAsync().GetAwaiter().GetResult(); }
    }
}
