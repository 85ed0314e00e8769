using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using MemcachedSoap.Testing;

namespace MemcachedSoap.Sessions.Tested
{
    /// <summary>A store on the service of the test, behind a relay.</summary>
    sealed class Fixture : IDisposable
    {
        public readonly Relay Relay;
        public readonly SessionStore Store;
        public readonly SessionClient Client; // without the relay
        public readonly List<string> Logged = new List<string>();

        public Fixture(string url, Action<Settings> set, Func<Settings, ITransport> transport)
        {
            Relay = new Relay(url);
            var settings = new Settings { Url = Relay.Url, App = "test", Timeout = TimeSpan.FromSeconds(20) };
            settings.Shared.Add("shared");
            settings.Log = text => { lock (Logged) Logged.Add(text); };
            if (set != null) set(settings);
            Store = new SessionStore(settings, transport(settings), StringComparer.Ordinal);
            Client = new SessionClient(transport(new Settings { Url = url, App = "test" }));
        }

        public void Dispose() { Relay.Dispose(); }

        public static T Wait<T>(Task<T> task) { return task.GetAwaiter().GetResult(); }

        public static void Wait(Task task) { task.GetAwaiter().GetResult(); }

        public SessionData Read(string id, int ttl = 600) { return Wait(Store.Read(id, ttl, CancellationToken.None)); }

        public bool Save(SessionData data, int ttl = 600) { return Wait(Store.Save(data, data.Values, ttl, CancellationToken.None)); }

        /// <summary>Stores a new session with attributes: names and values in turn.</summary>
        public SessionData New(params object[] attributes)
        {
            var data = Store.Create();
            for (var i = 0; i < attributes.Length; i += 2) data.Values[(string)attributes[i]] = attributes[i + 1];
            Check.That(Save(data), "the session is stored");
            return data;
        }

        /// <summary>Returns the names of the stored attributes.</summary>
        public IList<string> StoredNames(string id)
        {
            return Wait(Client.Get(id, 0, CancellationToken.None)).Attributes.Keys.ToList();
        }

        public bool IsStored(string id)
        {
            try { return StoredNames(id) != null; }
            catch (ServiceFaultException e) when (e.Fault == "SessionNotFound") { return false; }
        }

        public string Log() { lock (Logged) return string.Join("\n", Logged); }
    }
}
