using System;
using System.Collections.Generic;
using System.Collections.Specialized;
using System.Linq;
using System.Threading;
using System.Web;
using System.Web.SessionState;

namespace MemcachedSoap.Sessions.Web
{
    /// <summary>
    /// Keeps the sessions of System.Web in the session service. Requests of one session do not wait for each
    /// other: each stores only the attributes that it has changed. It calls the service at most twice for a
    /// page: reading extends the session, too.
    /// </summary>
    public sealed class SessionProvider : SessionStateStoreProviderBase
    {
        // Holds Session.Timeout in minutes if the application changed it.
        const string TimeoutName = "_timeout";

        /// <summary>Reads the settings. It throws ConfigurationErrorsException if they are wrong.</summary>
        public override void Initialize(string name, NameValueCollection config)
        {
            base.Initialize(name, config);
            Adapter.Current.ToString();
        }

        /// <summary>Returns false: the service does not tell when a session expires.</summary>
        public override bool SetItemExpireCallback(SessionStateItemExpireCallback expireCallback) { return false; }

        /// <summary>Does nothing.</summary>
        public override void InitializeRequest(HttpContext context) { }

        /// <summary>Does nothing.</summary>
        public override void EndRequest(HttpContext context) { }

        /// <summary>Does nothing.</summary>
        public override void Dispose() { }

        /// <summary>Reads a session. It is never locked.</summary>
        public override SessionStateStoreData GetItem(HttpContext context, string id, out bool locked, out TimeSpan lockAge,
            out object lockId, out SessionStateActions actions)
        {
            locked = false;
            lockAge = TimeSpan.Zero;
            lockId = null;
            actions = SessionStateActions.None;
            var data = Adapter.Current.Read(context, id);
            if (data == null || data.IsNew && !data.IsAnonymous) return null;
            lockId = data.Version;
            var items = new SessionStateItemCollection();
            foreach (var value in data.Values)
                if (value.Key != TimeoutName) items[value.Key] = value.Value;
            items.Dirty = false;
            object own;
            var minutes = data.Values.TryGetValue(TimeoutName, out own) && own is int && (int)own > 0
                ? (int)own : Adapter.Current.Settings.IdleMinutes;
            return new SessionStateStoreData(items, SessionStateUtility.GetSessionStaticObjects(context), minutes);
        }

        /// <summary>Reads a session as GetItem does, without a lock.</summary>
        public override SessionStateStoreData GetItemExclusive(HttpContext context, string id, out bool locked,
            out TimeSpan lockAge, out object lockId, out SessionStateActions actions)
        {
            return GetItem(context, id, out locked, out lockAge, out lockId, out actions);
        }

        /// <summary>Returns an empty session, of which nothing is stored.</summary>
        public override SessionStateStoreData CreateNewStoreData(HttpContext context, int timeout)
        {
            return new SessionStateStoreData(new SessionStateItemCollection(),
                SessionStateUtility.GetSessionStaticObjects(context), timeout);
        }

        /// <summary>Stores nothing: an empty session is not stored.</summary>
        public override void CreateUninitializedItem(HttpContext context, string id, int timeout) { }

        /// <summary>
        /// Stores what the page has changed. Dirty does not tell: reading a list sets it, and a change in a list
        /// does not always.
        /// </summary>
        public override void SetAndReleaseItemExclusive(HttpContext context, string id, SessionStateStoreData item,
            object lockId, bool newItem)
        {
            var adapter = Adapter.Current;
            var state = RequestState.Of(context);
            // The module can hand in an id of a cookie that is not stored. It is not taken.
            if (state.Data == null) state.Data = adapter.Store.Create();
            var data = state.Data;
            var wasNew = data.IsNew;
            bool stored;
            try
            {
                var minutes = context.Session != null ? context.Session.Timeout : item.Timeout;
                stored = Adapter.Wait(adapter.Store.Save(data, Values(item.Items, data, minutes), 60 * minutes, CancellationToken.None));
            }
            catch (HttpException e) when (wasNew && e.InnerException is SessionUnavailableException &&
                adapter.Settings.IsAnonymous(context.Request.Path))
            {
                adapter.Settings.Log("The service is down, so a new session was not stored.");
                stored = false;
            }
            if (stored && data.Id != (state.WrittenId ?? state.CookieId)) SessionCookie.Write(context, adapter.Settings, data.Id);
            if (!stored && wasNew && state.WrittenId != null) SessionCookie.Withdraw(context, adapter.Settings);
        }

        IEnumerable<KeyValuePair<string, object>> Values(ISessionStateItemCollection items, SessionData data, int minutes)
        {
            var values = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
            foreach (string name in items.Keys.Cast<string>())
            {
                if (name == null || name.Equals(TimeoutName, StringComparison.OrdinalIgnoreCase))
                    throw new HttpException(500, new AttributeRefusedException(name ?? "", "the name is reserved.").Message);
                values[name] = items[name];
            }
            if (minutes != Adapter.Current.Settings.IdleMinutes && (values.Count > 0 || !data.IsNew)) values[TimeoutName] = minutes;
            return values;
        }

        /// <summary>Does nothing: nothing is locked, and reading has extended the session.</summary>
        public override void ReleaseItemExclusive(HttpContext context, string id, object lockId) { }

        /// <summary>
        /// Extends a session that the page has not read, if touchPlain says so. Reading has extended the others.
        /// </summary>
        public override void ResetItemTimeout(HttpContext context, string id)
        {
            var adapter = Adapter.Current;
            if (!adapter.Settings.TouchPlain || RequestState.Of(context).Data != null) return;
            Adapter.Wait(adapter.Store.Touch(id, 60 * adapter.Settings.IdleMinutes, CancellationToken.None));
        }

        /// <summary>Deletes the session, and lets the browser forget its id.</summary>
        public override void RemoveItem(HttpContext context, string id, object lockId, SessionStateStoreData item)
        {
            var adapter = Adapter.Current;
            var data = RequestState.Of(context).Data;
            if (data != null) Adapter.Wait(adapter.Store.Delete(data, CancellationToken.None));
            else Adapter.Wait(adapter.Store.Delete(id, CancellationToken.None));
            SessionCookie.Expire(context, adapter.Settings);
        }
    }
}
