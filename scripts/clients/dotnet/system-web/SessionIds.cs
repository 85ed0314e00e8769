using System.Web;
using System.Web.SessionState;

namespace MemcachedSoap.Sessions.Web
{
    /// <summary>
    /// The ids of shared sessions for the attribute sessionIDManagerType of sessionState. An id in a cookie that
    /// is malformed or not stored is not taken: the user gets a new one.
    /// </summary>
    public sealed class SessionIds : SessionIDManager, ISessionIDManager
    {
        /// <summary>Reads the settings. It throws ConfigurationErrorsException if they are wrong.</summary>
        void ISessionIDManager.Initialize()
        {
            base.Initialize();
            Adapter.Current.ToString();
        }

        /// <summary>Returns the id of the stored session, or null if the user has none.</summary>
        string ISessionIDManager.GetSessionID(HttpContext context)
        {
            var id = Adapter.Current.CookieId(context);
            // A page without a session does not call the service.
            if (id == null || context.Handler != null && !(context.Handler is IRequiresSessionState)) return id;
            var data = Adapter.Current.Read(context, id);
            return data == null ? null : data.Id;
        }

        /// <summary>Puts the id into the cookie of the response.</summary>
        void ISessionIDManager.SaveSessionID(HttpContext context, string id, out bool redirected, out bool cookieAdded)
        {
            SessionCookie.Write(context, Adapter.Current.Settings, id);
            redirected = false;
            cookieAdded = true;
        }

        /// <summary>Lets the browser forget the id.</summary>
        void ISessionIDManager.RemoveSessionID(HttpContext context)
        {
            SessionCookie.Expire(context, Adapter.Current.Settings);
        }

        /// <summary>Makes a new session, which is not stored yet, and returns its id.</summary>
        public override string CreateSessionID(HttpContext context)
        {
            var state = RequestState.Of(context);
            if (state.Data == null || state.Data.IsDeleted) state.Data = Adapter.Current.Store.Create();
            return state.Data.Id;
        }

        /// <summary>Tells whether a text has the form of an id: 32 to 64 digits 0-9a-f.</summary>
        public override bool Validate(string id) { return SessionId.IsValid(id); }
    }
}
