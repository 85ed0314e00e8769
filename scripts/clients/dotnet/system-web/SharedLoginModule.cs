using System;
using System.Web;
using System.Web.Configuration;

namespace MemcachedSoap.Sessions.Web
{
    /// <summary>
    /// Trusts the shared login: it sets the user of each request from uid and groups of the session. The session is
    /// read only when something asks for the user.
    /// </summary>
    public sealed class SharedLoginModule : IHttpModule
    {
        static readonly bool isMono = Type.GetType("Mono.Runtime") != null;

        /// <summary>Adds the module to an application.</summary>
        public void Init(HttpApplication application)
        {
            application.AuthenticateRequest += (sender, e) => {
                var context = ((HttpApplication)sender).Context;
                if (context.User != null && context.User.Identity.IsAuthenticated) return;
                if (isMono && EveryoneIsAllowed(context)) context.SkipAuthorization = true;
                var adapter = Adapter.Current;
                var id = adapter.CookieId(context);
                context.User = new SharedPrincipal(() => adapter.Read(context, id));
            };
        }

        // UrlAuthorization of the .NET Framework asks for the user only if a rule needs one. That of
        // mono always does, which would read the session for each page.
        static bool EveryoneIsAllowed(HttpContext context)
        {
            var section = (AuthorizationSection)WebConfigurationManager.GetSection("system.web/authorization", context.Request.Path);
            if (section.Rules.Count == 0) return false;
            var first = section.Rules[0];
            return first.Action == AuthorizationRuleAction.Allow && first.Verbs.Count == 0 && first.Users.Contains("*");
        }

        /// <summary>Does nothing.</summary>
        public void Dispose() { }
    }
}
