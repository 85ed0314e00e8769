using System;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace MemcachedSoap.Sessions.AspNetCore
{
    /// <summary>
    /// Gives each request its shared session, instead of UseSession. It stores the changes before the response begins,
    /// and those of later at the end. If the service is down it answers with the status 503.
    /// </summary>
    public sealed class SharedSessionMiddleware
    {
        readonly RequestDelegate next;
        readonly SharedSessionStore store;

        /// <summary>Makes the middleware.</summary>
        public SharedSessionMiddleware(RequestDelegate next, SharedSessionStore store)
        {
            this.next = next;
            this.store = store;
        }

        /// <summary>Handles a request.</summary>
        public async Task InvokeAsync(HttpContext context)
        {
            var options = store.Options;
            string sent;
            if (!context.Request.Cookies.TryGetValue(options.CookieName, out sent) || !SessionId.IsValid(sent)) sent = null;
            var session = new SharedSession(store, sent, options.IdleTimeout, () => !context.Response.HasStarted,
                options.IsAnonymous(context.Request.Path.Value ?? "/"));
            context.Features.Set<ISessionFeature>(new Feature { Session = session });
            context.Response.OnStarting(async () => {
                await session.CommitAsync(CancellationToken.None).ConfigureAwait(false);
                WriteCookie(context, session, sent);
            });
            try
            {
                await next(context).ConfigureAwait(false);
                await session.CommitAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (SessionException e) when (!context.Response.HasStarted)
            {
                context.Features.Set<ISessionFeature>(new Feature());
                session.Forget();
                await Fail(context, e).ConfigureAwait(false);
            }
            finally { context.Features.Set<ISessionFeature>(null); }
        }

        void WriteCookie(HttpContext context, SharedSession session, string sent)
        {
            if (!session.IsLoaded) return;
            var options = store.Options;
            var cookie = new CookieOptions {
                HttpOnly = true, Secure = options.CookieSecure, SameSite = options.CookieSameSite, Path = options.CookiePath,
                Domain = options.CookieDomain,
            };
            if (session.IsStored && session.Id != sent) context.Response.Cookies.Append(options.CookieName, session.Id, cookie);
            if (session.IsDeleted && sent != null) context.Response.Cookies.Delete(options.CookieName, cookie);
        }

        static Task Fail(HttpContext context, SessionException e)
        {
            context.Response.Clear();
            context.Response.StatusCode = e is SessionUnavailableException ? 503 : 500;
            context.Response.ContentType = "text/plain; charset=utf-8";
            return context.Response.WriteAsync(e.Message);
        }

        sealed class Feature : ISessionFeature
        {
            public ISession Session { get; set; }
        }
    }
}
