using System;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Session;
using Microsoft.Extensions.Options;

namespace MemcachedSoap.Sessions.AspNetCore
{
    /// <summary>
    /// Makes sessions that the service keeps. SharedSessionMiddleware uses it; the SessionMiddleware of ASP.NET Core does
    /// not fit, because its cookie is encrypted and other applications cannot read it.
    /// </summary>
    public sealed class SharedSessionStore : ISessionStore
    {
        /// <summary>The settings.</summary>
        public SharedSessionOptions Options { get; private set; }

        internal SessionStore Store { get; private set; }

        /// <summary>Makes a store. It throws ArgumentException if a setting is wrong.</summary>
        public SharedSessionStore(IOptions<SharedSessionOptions> options)
        {
            Options = options.Value;
            Store = new SessionStore(Options, new HttpClientTransport(Options), StringComparer.Ordinal);
        }

        /// <summary>
        /// Makes the session of a request; nothing is read yet. sessionKey is the id in the cookie; if it is malformed, or
        /// isNewSessionKey is true, the session is a new one. The timeout of calls is that of the options.
        /// </summary>
        public ISession Create(string sessionKey, TimeSpan idleTimeout, TimeSpan ioTimeout, Func<bool> tryEstablishSession, bool isNewSessionKey)
        {
            return new SharedSession(this, isNewSessionKey ? null : sessionKey, idleTimeout, tryEstablishSession, false);
        }

        /// <summary>Deletes all sessions of a user, and returns their number: it logs the user out everywhere.</summary>
        public Task<int> DeleteAllAsync(string uid, CancellationToken cancel = default(CancellationToken))
        {
            return Store.DeleteAll(uid, cancel);
        }
    }
}
