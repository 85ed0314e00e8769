using System;
using System.Threading;
using System.Threading.Tasks;
using System.Web;

namespace MemcachedSoap.Sessions.Web
{
    /// <summary>
    /// What the provider, the id manager and the module of an application share: the store, and the session
    /// of a request, which is read once.
    /// </summary>
    sealed class Adapter
    {
        static readonly Lazy<Adapter> current = new Lazy<Adapter>(() => new Adapter(WebSettings.Read()));

        public readonly WebSettings Settings;
        public readonly SessionStore Store;

        /// <summary>The adapter of this application, as web.config describes it.</summary>
        public static Adapter Current { get { return current.Value; } }

        Adapter(WebSettings settings)
        {
            Settings = settings;
            // System.Web ignores the case of names in a session.
            Store = new SessionStore(settings, new WebRequestTransport(settings), StringComparer.OrdinalIgnoreCase);
        }

        /// <summary>The id in the cookie of a request, or null if there is none that is valid.</summary>
        public string CookieId(HttpContext context)
        {
            var state = RequestState.Of(context);
            if (!state.HasCookieId)
            {
                var value = CookieValue(context);
                state.CookieId = SessionId.IsValid(value) ? value : null;
                state.HasCookieId = true;
            }
            return state.CookieId;
        }

        string CookieValue(HttpContext context)
        {
            try
            {
                var cookie = context.Request.Cookies[Settings.CookieName];
                return cookie == null ? null : cookie.Value;
            }
            // A cookie that could be an attack on a page is no id.
            catch (HttpRequestValidationException) { return null; }
        }

        /// <summary>
        /// Returns the session with an id, or null if there is none. The first call in a request reads it; later
        /// ones return the same.
        /// </summary>
        public SessionData Read(HttpContext context, string id)
        {
            var state = RequestState.Of(context);
            if (state.Data != null && !state.Data.IsDeleted) return state.Data;
            if (id == null || state.MissingId == id) return null;
            try
            {
                state.Data = Wait(Store.Read(id, 60 * Settings.IdleMinutes, CancellationToken.None));
            }
            catch (HttpException e) when (e.InnerException is SessionUnavailableException && Settings.IsAnonymous(context.Request.Path))
            {
                state.Data = Store.CreateAnonymous(id);
            }
            if (state.Data == null) state.MissingId = id;
            return state.Data;
        }

        /// <summary>
        /// Waits for a task. The transport blocks, so the task has ended already. Errors become HttpException with
        /// the status of the page: 503 if the service is down.
        /// </summary>
        public static T Wait<T>(Task<T> task)
        {
            try { return task.GetAwaiter().GetResult(); }
            catch (SessionException e) { throw Error(e); }
        }

        /// <summary>Waits for a task without a result, as the other Wait does.</summary>
        public static void Wait(Task task)
        {
            try { task.GetAwaiter().GetResult(); }
            catch (SessionException e) { throw Error(e); }
        }

        static HttpException Error(SessionException e)
        {
            return new HttpException(e is SessionUnavailableException ? 503 : 500, e.Message, e);
        }
    }

    /// <summary>What is known of the session in one request.</summary>
    sealed class RequestState
    {
        static readonly object key = new object();

        public bool HasCookieId;   // whether CookieId was read: a cookie of the response hides that of the request
        public string CookieId;
        public SessionData Data;
        public string MissingId;   // an id that is not stored
        public string WrittenId;   // the id in the cookie of the response

        /// <summary>Returns the state of a request.</summary>
        public static RequestState Of(HttpContext context)
        {
            var state = (RequestState)context.Items[key];
            if (state == null) context.Items[key] = state = new RequestState();
            return state;
        }
    }
}
