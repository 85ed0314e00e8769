using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace MemcachedSoap.Sessions
{
    /// <summary>
    /// Reads sessions and stores what a request has changed in them. Nothing is locked: only attributes that
    /// differ from what was read are sent, so requests of one session keep each other's changes. Times are in
    /// seconds. If the service is down, each method throws SessionUnavailableException. A store is safe for
    /// several threads.
    /// </summary>
    public sealed class SessionStore
    {
        const int Tries = 3;

        readonly Settings settings;
        readonly SessionClient client;
        readonly Names names;
        readonly Values values;
        readonly StringComparer comparer;
        readonly HashSet<string> exact;

        /// <summary>
        /// Makes a store. comparer compares names of attributes as the framework does. It throws
        /// ArgumentException for wrong settings.
        /// </summary>
        public SessionStore(Settings settings, ITransport transport, StringComparer comparer)
        {
            settings.Check();
            this.settings = settings;
            this.comparer = comparer;
            client = new SessionClient(transport);
            names = new Names(settings.Shared, settings.App, comparer);
            values = new Values(settings.Types.Count == 0 ? null : new PrivateObjects(settings.Types));
            exact = new HashSet<string>(settings.Exact.Select(names.Stored), StringComparer.Ordinal);
        }

        /// <summary>Returns a new session, of which nothing is stored.</summary>
        public SessionData Create() { return new SessionData(comparer) { Id = SessionId.Create(), IsNew = true }; }

        /// <summary>Returns an empty session that is never stored.</summary>
        public SessionData CreateAnonymous(string id)
        {
            return new SessionData(comparer) { Id = id ?? SessionId.Create(), IsNew = true, IsAnonymous = true };
        }

        /// <summary>
        /// Reads a session and gives it a time to live, -1 for the longest. It returns null if there is none
        /// that can be read: the caller makes a new session with another id.
        /// </summary>
        public async Task<SessionData> Read(string id, int ttl, CancellationToken cancel)
        {
            if (!SessionId.IsValid(id)) return null;
            WireSession wire;
            try { wire = await client.Get(id, ttl, cancel).ConfigureAwait(false); }
            catch (ServiceFaultException e) when (IsGone(e)) { return null; }
            catch (ServiceFaultException e) when (e.Fault == "UnreadableSession")
            {
                settings.Log("A stored session is unreadable. It is left as it is, and the user gets a new one.");
                return null;
            }
            var data = new SessionData(comparer) { Id = id, Version = wire.Version, Ttl = ttl };
            Fill(data, wire);
            return data;
        }

        void Fill(SessionData data, WireSession wire)
        {
            foreach (var attribute in wire.Attributes)
            {
                var name = names.OfApplication(attribute.Key);
                // Another program can store names that this framework cannot tell apart.
                if (name == null || data.Values.ContainsKey(name)) continue;
                var isPrivate = names.IsPrivate(attribute.Key);
                var value = values.Decode(attribute.Value, isPrivate);
                data.Values[name] = value;
                data.Snapshot[attribute.Key] = values.Encode(name, value, isPrivate);
            }
        }

        /// <summary>
        /// Stores what differs from what was read, and gives the session a time to live; 0 or less deletes it,
        /// -1 is the longest. It returns whether the session is stored now: a new session without attributes
        /// is not. A change of a session that was deleted or has expired meanwhile is dropped and logged. The id
        /// of a new session can change. It throws AttributeRefusedException, SessionTooLargeException and
        /// SessionConflictException; nothing is stored then.
        /// </summary>
        public async Task<bool> Save(SessionData data, IEnumerable<KeyValuePair<string, object>> current, int ttl, CancellationToken cancel)
        {
            if (data.IsDeleted) return false;
            var stored = Encode(current);
            var change = Differences(data.Snapshot, stored);
            if (data.IsAnonymous)
            {
                if (!change.IsEmpty) settings.Log("The service was down, so the changes of a page were dropped.");
                return false;
            }
            if (ttl == 0 || ttl < -1)
            {
                await Delete(data, cancel).ConfigureAwait(false);
                return false;
            }
            try
            {
                if (data.IsNew)
                {
                    if (change.Set.Count == 0) return false;
                    await Insert(data, change, ttl, cancel).ConfigureAwait(false);
                }
                else if (!change.IsEmpty || data.LoggedIn && settings.Lifetime > 0)
                    await Update(data, change, ttl, cancel).ConfigureAwait(false);
                else if (ttl != data.Ttl)
                    await client.Touch(data.Id, ttl, cancel).ConfigureAwait(false);
            }
            catch (ServiceFaultException e) when (IsGone(e) || e.Fault == "SessionDeleted" || e.Fault == "UnreadableSession")
            {
                Drop(e.Fault);
                return false;
            }
            catch (ServiceFaultException e) when (change.Set.Count > 0 && (e.Fault == "PayloadTooLarge" || e.Fault == "Client"))
            {
                throw Rejected(e, change);
            }
            data.Ttl = ttl;
            data.LoggedIn = false;
            data.Snapshot = stored;
            return true;
        }

        /// <summary>Gives a session a time to live without reading it. A session that is gone stays gone.</summary>
        public async Task Touch(string id, int ttl, CancellationToken cancel)
        {
            if (!SessionId.IsValid(id)) return;
            try { await client.Touch(id, ttl, cancel).ConfigureAwait(false); }
            catch (ServiceFaultException e) when (IsGone(e) || e.Fault == "SessionDeleted") { }
        }

        /// <summary>
        /// Gives the session a new id, as a login must: the attributes go over and the old id is deleted at
        /// once. If the stored session was deleted or has expired meanwhile, its attributes do not return: only
        /// what this request sets is stored.
        /// </summary>
        public async Task Renew(SessionData data, CancellationToken cancel)
        {
            if (data.IsAnonymous) throw new SessionUnavailableException("The session service was down when the page began.");
            data.LoggedIn = true;
            if (data.IsDeleted) // in the same request: nothing of the former session returns
            {
                data.IsDeleted = false;
                data.IsNew = true;
                data.Snapshot.Clear();
            }
            for (var attempt = 1; ; attempt++)
            {
                var id = SessionId.Create();
                try
                {
                    if (!data.IsNew) data.Version = await client.Rename(data.Id, id, cancel).ConfigureAwait(false);
                }
                catch (ServiceFaultException e) when (e.Fault == "SessionExists" && attempt < Tries) { continue; }
                catch (ServiceFaultException e) when (IsGone(e) || e.Fault == "SessionDeleted" || e.Fault == "UnreadableSession")
                {
                    data.IsNew = true;
                }
                data.Id = id;
                return;
            }
        }

        /// <summary>Deletes the session, as a logout must. Its id cannot be used again.</summary>
        public async Task Delete(SessionData data, CancellationToken cancel)
        {
            if (!data.IsNew && !data.IsDeleted) await client.Delete(data.Id, cancel).ConfigureAwait(false);
            data.IsDeleted = true;
        }

        /// <summary>Deletes a session by its id. Anything that is no valid id is ignored.</summary>
        public async Task Delete(string id, CancellationToken cancel)
        {
            if (SessionId.IsValid(id)) await client.Delete(id, cancel).ConfigureAwait(false);
        }

        /// <summary>Deletes all sessions of a user and returns their number: it logs the user out everywhere.</summary>
        public Task<int> DeleteAll(string uid, CancellationToken cancel)
        {
            if (string.IsNullOrEmpty(uid)) throw new ArgumentException("The user is missing.", "uid");
            return client.DeleteAll(uid, cancel);
        }

        Dictionary<string, Node> Encode(IEnumerable<KeyValuePair<string, object>> current)
        {
            var stored = new Dictionary<string, Node>(StringComparer.Ordinal);
            foreach (var attribute in current)
            {
                var name = names.Stored(attribute.Key);
                stored[name] = values.Encode(attribute.Key, attribute.Value, names.IsPrivate(name));
            }
            return stored;
        }

        static Change Differences(Dictionary<string, Node> before, Dictionary<string, Node> after)
        {
            var change = new Change();
            foreach (var attribute in after)
            {
                Node old;
                if (!before.TryGetValue(attribute.Key, out old) || old.Canonical() != attribute.Value.Canonical())
                    change.Set[attribute.Key] = attribute.Value;
            }
            change.Remove.AddRange(before.Keys.Where(name => !after.ContainsKey(name)));
            return change;
        }

        async Task Insert(SessionData data, Change change, int ttl, CancellationToken cancel)
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    data.Version = await client.Create(data.Id, change.Set, ttl, settings.Lifetime, cancel).ConfigureAwait(false);
                    data.IsNew = false;
                    return;
                }
                catch (ServiceFaultException e) when (attempt < Tries &&
                    (e.Fault == "SessionExists" || e.Fault == "SessionDeleted" || e.Fault == "InvalidSessionId"))
                {
                    data.Id = SessionId.Create();
                }
            }
        }

        async Task Update(SessionData data, Change change, int ttl, CancellationToken cancel)
        {
            var lifetime = data.LoggedIn ? settings.Lifetime : 0;
            var condition = exact.Any(change.Contains) ? data.Version : null;
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    data.Version = await client.Update(data.Id, change, ttl, lifetime, condition, cancel).ConfigureAwait(false);
                    return;
                }
                catch (ServiceFaultException e) when (e.Fault == "VersionConflict")
                {
                    if (attempt == Tries) throw new SessionConflictException(OwnName(exact.First(change.Contains)));
                }
                var now = await client.Get(data.Id, 0, cancel).ConfigureAwait(false);
                Reapply(data, change, now);
                condition = now.Version;
            }
        }

        // Makes the change of exact attributes one of the session as it is now: a difference
        // of whole numbers is added; another change only holds if nobody changed the attribute.
        void Reapply(SessionData data, Change change, WireSession now)
        {
            foreach (var name in exact.Where(change.Contains))
            {
                Node before, current, wanted;
                data.Snapshot.TryGetValue(name, out before);
                now.Attributes.TryGetValue(name, out current);
                change.Set.TryGetValue(name, out wanted);
                if (current != null) current = values.Encode(name, values.Decode(current, names.IsPrivate(name)), names.IsPrivate(name));
                if ((before == null ? null : before.Canonical()) == (current == null ? null : current.Canonical())) continue;
                var sum = Sum(current, wanted, before);
                if (sum == null) throw new SessionConflictException(OwnName(name));
                change.Set[name] = sum;
                data.Snapshot[name] = current;
            }
        }

        static Node Sum(Node current, Node wanted, Node before)
        {
            var zero = new Node { Kind = Kind.Int, Value = "0" };
            if (wanted == null) return null;
            var terms = new[] { current ?? zero, wanted, before ?? zero };
            if (terms.Any(term => term.Kind != Kind.Int)) return null;
            var numbers = terms.Select(term => decimal.Parse(term.Value, CultureInfo.InvariantCulture)).ToList();
            var sum = numbers[0] + numbers[1] - numbers[2];
            if (sum < long.MinValue || sum > long.MaxValue) return null;
            return new Node { Kind = Kind.Int, Value = sum.ToString(CultureInfo.InvariantCulture) };
        }

        SessionException Rejected(ServiceFaultException fault, Change change)
        {
            var largest = change.Set.OrderByDescending(e => e.Key.Length + e.Value.Canonical().Length).First().Key;
            var name = OwnName(largest);
            if (fault.Fault == "PayloadTooLarge") return new SessionTooLargeException(name, fault.Limit, fault.Actual);
            return new SessionException("The session service rejected a change. Its largest attribute is \"" +
                AttributeRefusedException.Shorten(name) + "\". The log of the service has the reason.", fault);
        }

        string OwnName(string stored) { return names.OfApplication(stored) ?? stored; }

        void Drop(string fault)
        {
            settings.Log(fault == "SessionDeleted" ? "The user logged out meanwhile, so the changes of a page were dropped."
                : fault == "UnreadableSession" ? "A stored session became unreadable, so the changes of a page were dropped."
                : "The session ended meanwhile, so the changes of a page were dropped.");
        }

        static bool IsGone(ServiceFaultException e) { return e.Fault == "SessionNotFound" || e.Fault == "InvalidSessionId"; }
    }
}
