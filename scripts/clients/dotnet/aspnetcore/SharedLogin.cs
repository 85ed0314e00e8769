using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Security.Claims;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace MemcachedSoap.Sessions.AspNetCore
{
    /// <summary>Logs users in and out of all applications that share the session.</summary>
    public static class SharedLogin
    {
        /// <summary>The name of the authentication scheme.</summary>
        public const string Scheme = "SharedLogin";

        static readonly DateTime epoch = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc);

        /// <summary>
        /// Logs a user in whom the application has authenticated: the session gets a new id and the attributes of the
        /// login, and context.User is the user. cn and mail may be null; level is the authenticationLevel.
        /// </summary>
        public static async Task SignInAsync(HttpContext context, string uid, string cn, string mail, IEnumerable<string> groups, int level)
        {
            if (string.IsNullOrEmpty(uid)) throw new ArgumentException("The user is missing.", "uid");
            var session = Session(context);
            var names = groups == null ? new List<string>() : groups.ToList();
            await session.RenewAsync(CancellationToken.None).ConfigureAwait(false);
            session.SetAttribute("uid", uid);
            if (cn != null) session.SetAttribute("cn", cn);
            if (mail != null) session.SetAttribute("mail", mail);
            session.SetAttribute("groups", names);
            session.SetAttribute("authenticationLevel", level);
            session.SetAttribute("_utime", (long)(DateTime.UtcNow - epoch).TotalSeconds);
            context.User = User(session);
        }

        /// <summary>Logs the user out: the session is deleted at once, and the browser forgets its id.</summary>
        public static async Task SignOutAsync(HttpContext context)
        {
            await Session(context).DeleteAsync(CancellationToken.None).ConfigureAwait(false);
            context.User = new ClaimsPrincipal(new ClaimsIdentity());
        }

        /// <summary>
        /// Returns the user of a session: the name is uid, the roles are groups. A session without a login has a user who is
        /// not authenticated.
        /// </summary>
        public static ClaimsPrincipal User(SharedSession session)
        {
            object uid, groups;
            session.TryGetAttribute("uid", out uid);
            session.TryGetAttribute("groups", out groups);
            var name = uid as string;
            if (string.IsNullOrEmpty(name)) return new ClaimsPrincipal(new ClaimsIdentity());
            var claims = new List<Claim> { new Claim(ClaimTypes.Name, name), new Claim(ClaimTypes.NameIdentifier, name) };
            var list = groups as IList;
            if (list != null) claims.AddRange(list.OfType<string>().Select(group => new Claim(ClaimTypes.Role, group)));
            return new ClaimsPrincipal(new ClaimsIdentity(claims, Scheme));
        }

        /// <summary>Returns the shared session of a request. It throws InvalidOperationException without UseSharedSession.</summary>
        public static SharedSession Session(HttpContext context)
        {
            var session = context.Session as SharedSession;
            if (session == null) throw new InvalidOperationException("UseSharedSession must come before this in the pipeline.");
            return session;
        }
    }

    /// <summary>
    /// Trusts the shared login: the scheme SharedLogin authenticates a request by uid and groups of its session.
    /// </summary>
    public sealed class SharedLoginHandler : IAuthenticationHandler
    {
        HttpContext context;
        AuthenticationScheme scheme;

        /// <summary>Takes the request.</summary>
        public Task InitializeAsync(AuthenticationScheme scheme, HttpContext context)
        {
            this.scheme = scheme;
            this.context = context;
            return Task.CompletedTask;
        }

        /// <summary>Reads the session and returns its user. A request without the cookie does not call the service.</summary>
        public async Task<AuthenticateResult> AuthenticateAsync()
        {
            var session = SharedLogin.Session(context);
            await session.LoadAsync(CancellationToken.None).ConfigureAwait(false);
            var user = SharedLogin.User(session);
            return user.Identity.IsAuthenticated ? AuthenticateResult.Success(new AuthenticationTicket(user, scheme.Name))
                : AuthenticateResult.NoResult();
        }

        /// <summary>Answers 401: the application sends its users to its own page of login.</summary>
        public Task ChallengeAsync(AuthenticationProperties properties)
        {
            context.Response.StatusCode = 401;
            return Task.CompletedTask;
        }

        /// <summary>Answers 403.</summary>
        public Task ForbidAsync(AuthenticationProperties properties)
        {
            context.Response.StatusCode = 403;
            return Task.CompletedTask;
        }
    }
}
