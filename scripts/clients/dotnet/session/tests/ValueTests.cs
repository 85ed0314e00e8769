using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.Serialization;
using System.Threading;
using MemcachedSoap.Testing;

namespace MemcachedSoap.Sessions.Tested
{
    /// <summary>An object that an application may store for itself.</summary>
    [DataContract]
    public sealed class Cart
    {
        /// <summary>What is in it.</summary>
        [DataMember]
        public List<string> Goods = new List<string>();

        /// <summary>Where it lives.</summary>
        [DataMember]
        public DateTime Since;
    }

    /// <summary>Values and names, there and back.</summary>
    static class ValueTests
    {
        static readonly Dictionary<string, object> kinds = new Dictionary<string, object> {
            { "text", "zoë 🦊 <&> ]]> \"'" }, { "lines", "a\nb\tc\r\nd\r" }, { "blank", "  " }, { "empty", "" }, { "digits", "0042" },
            { "word", "true" }, { "NUL", "a\0b\u0001" }, { "nonsense", "\ufffe\uffff" }, { "int", 42 }, { "least", int.MinValue },
            { "big", long.MaxValue }, { "small", long.MinValue }, { "double", 1.5 }, { "tiny", 1e-300 }, { "whole", 3.0 },
            { "true", true }, { "false", false }, { "null", null }, { "bytes", new byte[] { 0, 255, 254 } },
            { "list", new List<object> { 1, "1", true, null, 2.5, new List<object>(), new byte[] { 255 } } },
            { "hash", new Dictionary<string, object> { { "a", new Dictionary<string, object> { { "", 1 } } }, { "b\0", "c" }, { "base64:x", 2 } } },
        };

        public static void Run(Tests tests, string url, Func<Settings, ITransport> transport)
        {
            tests.Run("each kind of value there and back", () => {
                using (var f = new Fixture(url, null, transport))
                {
                    var id = f.New(kinds.SelectMany(e => new[] { e.Key, e.Value }).ToArray()).Id;
                    var data = f.Read(id);
                    Check.Equal(kinds.Count, data.Values.Count, "attributes");
                    foreach (var kind in kinds) Check.Equal(Show(kind.Value), Show(data.Values[kind.Key]), kind.Key);
                    f.Relay.Taken();
                    f.Save(data);
                    Check.Equal(0, f.Relay.Taken().Count, "what was read is no change");
                }
            });
            tests.Run("names of each kind", () => {
                using (var f = new Fixture(url, null, transport))
                {
                    var names = new[] {
                        "a.b", "a/b", "../x", "a b", "zoë", "🦊", "<&>", "a#t", "base64:YQ==", "a\0b", "\r", "", "0", "Test", "test/x",
                        new string('k', 65536) };
                    var id = f.New(names.SelectMany(n => new object[] { n, n }).ToArray()).Id;
                    var data = f.Read(id);
                    foreach (var name in names) Check.Equal(name, data.Values[name], "name of " + name.Length);
                    foreach (var name in names) data.Values.Remove(name);
                    f.Save(data);
                    Check.Equal(0, f.Read(id).Values.Count, "attributes after all were removed");
                }
            });
            tests.Run("what cannot be shared is refused by name, and nothing is stored", () => {
                var loop = new List<object>();
                loop.Add(loop);
                var refused = new object[] {
                    new object(), new Cart(), (Action)(() => { }), new MemoryStream(), DateTime.UtcNow, Guid.Empty, 1.5m, 'c',
                    DayOfWeek.Monday, double.NaN, double.PositiveInfinity, float.NegativeInfinity, ulong.MaxValue, "\ud800",
                    new Dictionary<int, string> { { 1, "a" } }, new int[1, 1], new Queue<int>(), loop, new List<object> { new object() },
                    new Dictionary<string, object> { { "\udc00", 1 } } };
                using (var f = new Fixture(url, null, transport))
                {
                    var id = f.New("note", "kept").Id;
                    foreach (var value in refused)
                    {
                        var data = f.Read(id);
                        data.Values["note"] = "changed";
                        data.Values["the name"] = value;
                        var e = Check.Throws<AttributeRefusedException>(() => f.Save(data));
                        Check.That(e.Name == "the name" && e.Message.Contains("\"the name\""), e.Message);
                    }
                    Check.Equal("kept", f.Read(id).Values["note"], "nothing was stored");
                    foreach (var name in new[] { "_session_id", "_session_end", "_session_kind", "_lastSeen", "uid_MD5", "\ud800" })
                    {
                        var data = f.Read(id);
                        data.Values[name] = 1;
                        Check.Throws<AttributeRefusedException>(() => f.Save(data));
                    }
                }
            });
            tests.Run("objects of allowed types are stored for the application alone", () => {
                var cart = new Cart { Since = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), Goods = { "tea" } };
                Action<Settings> allow = s => { s.Types.Add(typeof(Cart)); s.Types.Add(typeof(DateTime)); s.Types.Add(typeof(decimal)); };
                using (var f = new Fixture(url, allow, transport))
                using (var without = new Fixture(url, null, transport))
                {
                    var id = f.New("cart", cart, "day", cart.Since, "price", 1.10m).Id;
                    var data = f.Read(id);
                    Check.Equal("tea", ((Cart)data.Values["cart"]).Goods.Single());
                    Check.Equal(cart.Since, data.Values["day"]);
                    Check.Equal(1.10m, data.Values["price"]);
                    f.Relay.Taken();
                    f.Save(data);
                    Check.Equal(0, f.Relay.Taken().Count, "what was read is no change");
                    ((Cart)data.Values["cart"]).Goods.Add("milk");
                    f.Save(data);
                    Check.Equal(2, ((Cart)f.Read(id).Values["cart"]).Goods.Count, "a change within an object");
                    Check.That(without.Read(id).Values["cart"] is byte[], "bytes without the list of types");
                    data.Values["shared"] = cart;
                    Check.Throws<AttributeRefusedException>(() => f.Save(data));
                    data.Values["shared"] = 1;
                    data.Values["other"] = Guid.NewGuid();
                    Check.Throws<AttributeRefusedException>(() => f.Save(data));
                }
            });
            tests.Run("forged objects stay bytes", () => {
                using (var f = new Fixture(url, s => s.Types.Add(typeof(Cart)), transport))
                {
                    Func<string, byte[]> forge = text => new byte[] { 0xff, 0x2e, 0x6e, 0x65, 0x74, 1 }.Concat(Text.Utf8.GetBytes(text)).ToArray();
                    var id = f.New("a", forge("System.IO.FileInfo\n<x/>"), "b", forge(typeof(Cart).FullName + "\n<no"), "c", forge("no end"),
                        "d", forge(typeof(Cart).FullName + "\n<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>")).Id;
                    foreach (var value in f.Read(id).Values) Check.That(value.Value is byte[], value.Key);
                }
            });
            tests.Run("typed reading of lists and bytes", () => {
                Check.Equal("a b", string.Join(" ", Values.List<string>(new List<object> { "a", "b" })));
                Check.Equal(3L, Values.List<long>(new List<object> { 1, 2 }).Sum());
                Check.That(Values.List<string>(null) == null, "null");
                Check.Equal("QUI=", Convert.ToBase64String(Values.Bytes("AB")));
                Check.Equal("/w==", Convert.ToBase64String(Values.Bytes(new byte[] { 255 })));
                Check.That(Values.Bytes(5) == null, "no bytes");
            });
        }

        static string Show(object value)
        {
            var bytes = value as byte[];
            if (bytes != null) return "bytes " + Convert.ToBase64String(bytes);
            var map = value as IDictionary<string, object>;
            if (map != null) return "{" + string.Join(",", map.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => e.Key + "=" + Show(e.Value))) + "}";
            var list = value as IList;
            if (list != null) return "[" + string.Join(",", list.Cast<object>().Select(Show)) + "]";
            return value == null ? "null" : value.GetType().Name + " " + value;
        }
    }
}
