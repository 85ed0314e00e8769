using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Web;

namespace MemcachedSoap.Sessions.Web
{
    /// <summary>Logs users in and out of all applications that share the session.</summary>
    public static class SharedLogin
    {
        static readonly DateTime epoch = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc);

        /// <summary>
        /// Logs a user in whom the application has authenticated: the session gets a new id and the attributes of the
        /// login, and context.User is the user. cn and mail may be null; level is the authenticationLevel. The page
        /// needs a session that it can write.
        /// </summary>
        public static void SignIn(HttpContext context, string uid, string cn, string mail, IEnumerable<string> groups, int level)
        {
            if (string.IsNullOrEmpty(uid)) throw new ArgumentException("The user is missing.", "uid");
            Renew(context);
            var session = context.Session;
            var names = groups == null ? new List<string>() : groups.ToList();
            session["uid"] = uid;
            if (cn != null) session["cn"] = cn;
            if (mail != null) session["mail"] = mail;
            session["groups"] = names;
            session["authenticationLevel"] = level;
            session["_utime"] = (long)(DateTime.UtcNow - epoch).TotalSeconds;
            context.User = new SharedPrincipal(uid, names);
        }

        /// <summary>
        /// Gives the session a new id at once and deletes the old one. Its attributes go over. An application that
        /// sets the attributes of the login itself calls this first.
        /// </summary>
        public static void Renew(HttpContext context)
        {
            if (context.Session == null || context.Session.IsReadOnly)
                throw new InvalidOperationException("The page has no session that it can write.");
            var adapter = Adapter.Current;
            var data = RequestState.Of(context).Data;
            // It throws if it is too late for a cookie, before the old id is gone.
            SessionCookie.Write(context, adapter.Settings, data.Id);
            Adapter.Wait(adapter.Store.Renew(data, CancellationToken.None));
            SessionCookie.Write(context, adapter.Settings, data.Id);
        }

        /// <summary>Logs the user out: the session is deleted at the end of the request.</summary>
        public static void SignOut(HttpContext context)
        {
            if (context.Session != null) context.Session.Abandon();
            context.User = new SharedPrincipal(null, new string[0]);
        }

        /// <summary>
        /// Logs a user out everywhere, such as after a change of the password. Returns the number of sessions that
        /// were deleted.
        /// </summary>
        public static int SignOutEverywhere(string uid)
        {
            return Adapter.Wait(Adapter.Current.Store.DeleteAll(uid, CancellationToken.None));
        }
    }
}
