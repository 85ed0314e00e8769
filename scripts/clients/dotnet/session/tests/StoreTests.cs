using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using MemcachedSoap.Testing;

namespace MemcachedSoap.Sessions.Tested
{
    /// <summary>What the store promises, on a real service.</summary>
    static class StoreTests
    {
        public static void Run(Tests tests, string url, Func<Settings, ITransport> transport)
        {
            tests.Run("a new and empty session is not stored", () => With(url, transport, f => {
                var data = f.Store.Create();
                Check.That(!f.Save(data), "not stored");
                Check.Equal(0, f.Relay.Taken().Count, "calls");
                Check.That(f.Read(data.Id) == null, "absent");
            }));
            tests.Run("a page reads once and writes once, and not at all without a change", () => With(url, transport, f => {
                var id = f.New("list", new List<object> { 1, "a" }, "uid", "zoë").Id;
                f.Relay.Taken();
                var data = f.Read(id);
                Check.That(f.Save(data), "stored");
                Check.Equal("getSession", string.Join(" ", f.Relay.Taken()));
                data = f.Read(id);
                ((List<object>)data.Values["list"]).Add(2);
                f.Save(data);
                Check.Equal("getSession updateSession", string.Join(" ", f.Relay.Taken()));
                Check.Equal(3, ((List<object>)f.Read(id).Values["list"]).Count, "a change within a list");
                data = f.Read(id);
                f.Relay.Taken();
                // A framework that decodes and encodes the whole session makes equal copies.
                data.Values["list"] = new object[] { 1L, "a", (short)2 };
                f.Save(data);
                Check.Equal(0, f.Relay.Taken().Count, "calls for equal values");
            }));
            tests.Run("8 writers with 40 changes each: all 320 are kept", () => With(url, transport, f => {
                var id = f.New("start", 1).Id;
                Check.Parallel(8, w => {
                    for (var i = 0; i < 40; i++)
                    {
                        var data = f.Read(id);
                        data.Values["w" + w + "_" + i] = i;
                        Check.That(f.Save(data), "stored");
                    }
                });
                Check.Equal(321, f.Read(id).Values.Count, "attributes");
            }));
            tests.Run("attributes of other applications are hidden and kept", () => With(url, transport, f => {
                var id = f.New("own", 1, "shared", "s").Id;
                using (var other = new Fixture(url, s => s.App = "other", transport))
                {
                    var data = other.Read(id);
                    Check.Equal("shared", string.Join(" ", data.Values.Keys), "visible");
                    data.Values["own"] = 2;
                    data.Values.Remove("shared");
                    other.Save(data);
                }
                Check.Equal(1, f.Read(id).Values["own"]);
                Check.Equal("other/own test/own", string.Join(" ", f.StoredNames(id)));
            }));
            tests.Run("a late writer does not bring a session back after a logout", () => With(url, transport, f => {
                var id = f.New("uid", "zoë").Id;
                var late = f.Read(id);
                Fixture.Wait(f.Store.Delete(f.Read(id), CancellationToken.None));
                late.Values["note"] = "late";
                Check.That(!f.Save(late), "dropped");
                Check.That(!f.IsStored(id), "gone");
                Check.That(f.Log().Contains("dropped"), f.Log());
                Check.That(!f.Log().Contains(id) && !f.Log().Contains("late"), "no id and no value in the log");
            }));
            tests.Run("a new id takes the content along, with changes of others, and the old one is dead", () => With(url, transport, f => {
                var data = f.New("cart", "full");
                var old = data.Id;
                var other = f.Read(old);
                other.Values["meanwhile"] = 1;
                f.Save(other);
                Fixture.Wait(f.Store.Renew(data, CancellationToken.None));
                data.Values["uid"] = "zoë";
                f.Save(data);
                Check.That(old != data.Id && SessionId.IsValid(data.Id), "new id");
                Check.That(!f.IsStored(old), "the old id is gone");
                Check.Equal("test/cart test/meanwhile uid", string.Join(" ", f.StoredNames(data.Id).Where(n => !n.EndsWith("_MD5"))));
                other.Values["late"] = 1;
                Check.That(!f.Save(other), "the late writer of the old id");
                Check.That(!f.IsStored(old), "still gone");
            }));
            tests.Run("a login of a session that is gone does not bring its content back", () => With(url, transport, f => {
                var data = f.New("secret", "of the former user");
                Fixture.Wait(f.Store.Delete(data.Id, CancellationToken.None));
                Fixture.Wait(f.Store.Renew(data, CancellationToken.None));
                data.Values["uid"] = "zoë";
                Check.That(f.Save(data), "stored");
                Check.That(!f.Read(data.Id).Values.ContainsKey("secret"), "the content is gone");
            }));
            tests.Run("an id that is taken is replaced", () => With(url, transport, f => {
                var first = f.New("a", 1);
                var second = f.Store.Create();
                second.Id = first.Id;
                second.Values["b"] = 2;
                Check.That(f.Save(second), "stored");
                Check.That(second.Id != first.Id, "another id");
                Check.Equal("a", string.Join(" ", f.Read(first.Id).Values.Keys), "the first one");
            }));
            tests.Run("0 and negative times delete, -1 never ends", () => With(url, transport, f => {
                var data = f.New("a", 1);
                f.Save(data, -1);
                Check.That(f.IsStored(data.Id), "stored");
                f.Save(data, -300);
                Check.That(!f.IsStored(data.Id), "deleted");
                data = f.New("a", 1);
                f.Save(data, 0);
                Check.That(!f.IsStored(data.Id), "deleted");
            }));
            tests.Run("reading extends a session", () => With(url, transport, f => {
                var data = f.New("a", 1);
                f.Save(data, 2);
                f.Read(data.Id, 600);
                Thread.Sleep(3200);
                Check.That(f.IsStored(data.Id), "reading gave it another time");
            }));
            tests.Run("the lifetime ends a session that is used, and begins anew at a login", () => {
                using (var limited = new Fixture(url, s => s.Lifetime = 10, transport))
                {
                    var used = limited.New("a", 1);
                    var loggedIn = limited.New("a", 1);
                    Thread.Sleep(5000);
                    Fixture.Wait(limited.Store.Renew(loggedIn, CancellationToken.None));
                    limited.Save(loggedIn);
                    Check.That(limited.Read(used.Id) != null, "still there");
                    Check.Eventually(() => limited.Read(used.Id) == null, "the lifetime is over, although the session is read all the time");
                    Check.That(limited.Read(loggedIn.Id) != null, "the lifetime began at the login");
                }
            });
            tests.Run("a logout everywhere deletes all sessions of the user", () => With(url, transport, f => {
                var name = "everywhere" + Guid.NewGuid();
                var ids = Enumerable.Range(0, 3).Select(i => f.New("uid", name).Id).ToList();
                Check.Equal(3, Fixture.Wait(f.Store.DeleteAll(name, CancellationToken.None)), "sessions");
                Check.That(!ids.Any(f.IsStored), "all are gone");
                Check.Throws<ArgumentException>(() => f.Store.DeleteAll("", CancellationToken.None));
            }));
            tests.Run("exact counters lose no change", () => With(url, transport, f => {
                using (var exact = new Fixture(url, s => s.Exact.Add("count"), transport))
                {
                    var id = exact.New("count", 0).Id;
                    var pages = Enumerable.Range(0, 3).Select(i => exact.Read(id)).ToList();
                    foreach (var page in pages)
                    {
                        page.Values["count"] = (int)page.Values["count"] + 1;
                        Check.That(exact.Save(page), "stored");
                    }
                    Check.Equal(3, exact.Read(id).Values["count"]);
                    var text = exact.Read(id);
                    var faster = exact.Read(id);
                    faster.Values["count"] = "many";
                    exact.Save(faster);
                    text.Values["count"] = "few";
                    var e = Check.Throws<SessionConflictException>(() => exact.Save(text));
                    Check.That(e.Message.Contains("\"count\""), e.Message);
                    Check.Equal("many", exact.Read(id).Values["count"], "nothing was stored");
                }
            }));
            tests.Run("a session that is too large names the attribute and stays as it was", () => With(url, transport, f => {
                var id = f.New("note", "small").Id;
                var data = f.Read(id);
                data.Values["note"] = "changed";
                data.Values["picture"] = Noise(3 << 19);
                var e = Check.Throws<SessionTooLargeException>(() => f.Save(data));
                Check.That(e.Message.Contains("\"picture\"") && e.Limit > 0 && e.Actual > e.Limit, e.Message);
                data.Values["picture"] = Noise(1 << 25); // more than the service takes in one request
                var rejected = Check.Throws<SessionException>(() => f.Save(data));
                Check.That(rejected.Message.Contains("\"picture\""), rejected.Message);
                Check.Equal("small", f.Read(id).Values["note"]);
            }));
        }

        static byte[] Noise(int bytes)
        {
            var noise = new byte[bytes];
            new Random(1).NextBytes(noise);
            return noise;
        }

        static void With(string url, Func<Settings, ITransport> transport, Action<Fixture> test)
        {
            using (var f = new Fixture(url, null, transport)) test(f);
        }
    }
}
