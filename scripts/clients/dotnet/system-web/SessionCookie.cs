using System;
using System.Reflection;
using System.Web;

namespace MemcachedSoap.Sessions.Web
{
    /// <summary>Writes the cookie of the session.</summary>
    static class SessionCookie
    {
        // The .NET Framework has this property from 4.7.2 on; mono has none.
        static readonly PropertyInfo sameSite = typeof(HttpCookie).GetProperty("SameSite");

        /// <summary>
        /// Puts the id into the response, instead of one that is there already. It throws HttpException if the
        /// head of the response was sent.
        /// </summary>
        public static void Write(HttpContext context, WebSettings settings, string id)
        {
            // The setter throws after the head was sent; mono's cookies do not.
            context.Response.StatusCode = context.Response.StatusCode;
            Put(context, settings, id, null);
            RequestState.Of(context).WrittenId = id;
        }

        /// <summary>Lets the browser forget the cookie.</summary>
        public static void Expire(HttpContext context, WebSettings settings)
        {
            Put(context, settings, "", new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc));
            RequestState.Of(context).WrittenId = null;
        }

        /// <summary>Takes the cookie out of the response, which then leaves that of the browser.</summary>
        public static void Withdraw(HttpContext context, WebSettings settings)
        {
            context.Response.Cookies.Remove(settings.CookieName);
            RequestState.Of(context).WrittenId = null;
        }

        static void Put(HttpContext context, WebSettings settings, string value, DateTime? expires)
        {
            var cookie = new HttpCookie(settings.CookieName, value) {
                HttpOnly = true, Secure = settings.CookieSecure, Path = settings.CookiePath,
            };
            if (settings.CookieDomain != null) cookie.Domain = settings.CookieDomain;
            if (expires != null) cookie.Expires = expires.Value;
            if (sameSite != null) sameSite.SetValue(cookie, Enum.Parse(sameSite.PropertyType, settings.CookieSameSite));
            else cookie.Path += "; SameSite=" + settings.CookieSameSite;
            context.Response.Cookies.Remove(settings.CookieName);
            context.Response.Cookies.Add(cookie);
        }
    }
}
