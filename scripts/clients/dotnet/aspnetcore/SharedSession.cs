using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Http;

namespace MemcachedSoap.Sessions.AspNetCore
{
    /// <summary>
    /// The session of one request. It is read when it is first used, or by LoadAsync, which does not block the thread.
    /// Each method throws SessionUnavailableException if the service is down: there is never an empty session instead.
    /// </summary>
    public sealed class SharedSession : ISession
    {
        readonly SharedSessionStore store;
        readonly string cookieId;
        readonly int idle;
        readonly Func<bool> establish;
        readonly bool anonymous;
        SessionData data;
        bool dropped;

        internal SharedSession(SharedSessionStore store, string cookieId, TimeSpan idleTimeout, Func<bool> tryEstablishSession, bool anonymous)
        {
            this.store = store;
            this.cookieId = SessionId.IsValid(cookieId) ? cookieId : null;
            this.anonymous = anonymous;
            idle = SharedSessionOptions.Seconds(idleTimeout);
            establish = tryEstablishSession;
        }

        /// <summary>Whether the session was read, or is new: false only for a page without a session while the service is down.</summary>
        public bool IsAvailable { get { return !Data.IsAnonymous; } }

        /// <summary>The id, which is as secret as a password.</summary>
        public string Id { get { return Data.Id; } }

        /// <summary>The names of the attributes that this application can see.</summary>
        public IEnumerable<string> Keys { get { return Data.Values.Keys.ToList(); } }

        /// <summary>Whether the session was used in this request.</summary>
        internal bool IsLoaded { get { return data != null; } }

        /// <summary>Whether the session was deleted in this request.</summary>
        internal bool IsDeleted { get { return data != null && data.IsDeleted; } }

        /// <summary>Whether there is a stored session now, as far as this request knows.</summary>
        internal bool IsStored { get { return data != null && !data.IsNew && !data.IsDeleted; } }

        SessionData Data
        {
            get
            {
                if (data == null) LoadAsync(CancellationToken.None).GetAwaiter().GetResult();
                return data;
            }
        }

        /// <summary>Reads the session, once in a request.</summary>
        public async Task LoadAsync(CancellationToken cancellationToken = default(CancellationToken))
        {
            if (data != null) return;
            SessionData read = null;
            try
            {
                if (cookieId != null) read = await store.Store.Read(cookieId, idle == 0 ? 1 : idle, cancellationToken).ConfigureAwait(false);
            }
            catch (SessionUnavailableException) when (anonymous) { read = store.Store.CreateAnonymous(cookieId); }
            data = read ?? store.Store.Create();
        }

        /// <summary>
        /// Stores what the request has changed. The middleware does so before the response begins; a page that calls this
        /// first can still answer with an error. It throws AttributeRefusedException, SessionTooLargeException and
        /// SessionConflictException.
        /// </summary>
        public async Task CommitAsync(CancellationToken cancellationToken = default(CancellationToken))
        {
            if (data == null || dropped) return;
            // A new session needs a cookie, which cannot be sent after the response has begun.
            if (data.IsNew && !data.IsAnonymous && !data.IsDeleted && data.Values.Count > 0 && !establish())
                throw new InvalidOperationException("The session cannot be established after the response has begun.");
            try { await store.Store.Save(data, data.Values, idle, cancellationToken).ConfigureAwait(false); }
            catch (SessionUnavailableException) when (anonymous && data.IsNew)
            {
                store.Options.Log("The service is down, so a new session was not stored.");
            }
        }

        /// <summary>Drops the changes of a request that failed. A new id stays.</summary>
        internal void Forget()
        {
            dropped = true;
        }

        /// <summary>Gives the session a new id at once, and deletes the old one, as a login must.</summary>
        public async Task RenewAsync(CancellationToken cancellationToken = default(CancellationToken))
        {
            await LoadAsync(cancellationToken).ConfigureAwait(false);
            if (!establish()) throw new InvalidOperationException("The session cannot get a new id after the response has begun.");
            await store.Store.Renew(data, cancellationToken).ConfigureAwait(false);
        }

        /// <summary>Deletes the session at once, as a logout must.</summary>
        public async Task DeleteAsync(CancellationToken cancellationToken = default(CancellationToken))
        {
            await LoadAsync(cancellationToken).ConfigureAwait(false);
            await store.Store.Delete(data, cancellationToken).ConfigureAwait(false);
            data.Values.Clear();
        }

        /// <summary>
        /// Gets an attribute as bytes. Text is UTF-8; numbers and booleans are their text, lists and hashes have no bytes:
        /// use GetAttribute.
        /// </summary>
        public bool TryGetValue(string key, out byte[] value)
        {
            object found;
            value = Data.Values.TryGetValue(key, out found) ? Bytes(found) : null;
            return value != null;
        }

        /// <summary>Sets an attribute. Bytes that are valid UTF-8 are text for other applications.</summary>
        public void Set(string key, byte[] value)
        {
            if (value == null) throw new ArgumentNullException("value");
            object old;
            // What was read and is set again keeps its type.
            if (Data.Values.TryGetValue(key, out old) && old != null && Bytes(old) != null && Bytes(old).SequenceEqual(value)) return;
            Data.Values[key] = (object)Text.OfBytes(value) ?? value.ToArray();
        }

        /// <summary>Removes an attribute.</summary>
        public void Remove(string key) { Data.Values.Remove(key); }

        /// <summary>Removes all attributes that this application can see, also those of the login.</summary>
        public void Clear() { Data.Values.Clear(); }

        /// <summary>
        /// Gets an attribute with its type: string, byte[], int or long, double, bool, null, List of object, or Dictionary of
        /// string and object. It returns false if there is none.
        /// </summary>
        public bool TryGetAttribute(string key, out object value) { return Data.Values.TryGetValue(key, out value); }

        /// <summary>Sets an attribute to a value of one of these types, or an array, list or dictionary of them.</summary>
        public void SetAttribute(string key, object value) { Data.Values[key] = value; }

        static byte[] Bytes(object value)
        {
            if (value is bool) return Encoding.ASCII.GetBytes((bool)value ? "true" : "false");
            if (value is int || value is long) return Encoding.ASCII.GetBytes(Convert.ToInt64(value).ToString(CultureInfo.InvariantCulture));
            if (value is double) return Encoding.ASCII.GetBytes(((double)value).ToString("R", CultureInfo.InvariantCulture));
            var bytes = Values.Bytes(value);
            return bytes == null ? null : bytes.ToArray();
        }
    }
}
