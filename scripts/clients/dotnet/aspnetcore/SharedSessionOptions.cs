using System;
using System.Threading;
using Microsoft.AspNetCore.Http;

namespace MemcachedSoap.Sessions.AspNetCore
{
    /// <summary>The settings of shared sessions in ASP.NET Core.</summary>
    public sealed class SharedSessionOptions : Settings
    {
        /// <summary>The name of the cookie: sessionid unless it is set.</summary>
        public string CookieName { get; set; }

        /// <summary>The domain of the cookie, or null for this host only.</summary>
        public string CookieDomain { get; set; }

        /// <summary>The path of the cookie: / unless it is set.</summary>
        public string CookiePath { get; set; }

        /// <summary>Whether the browser sends the cookie with TLS only.</summary>
        public bool CookieSecure { get; set; }

        /// <summary>SameSite of the cookie: Lax unless it is set.</summary>
        public SameSiteMode CookieSameSite { get; set; }

        /// <summary>
        /// The idle timeout: 20 minutes unless it is set. Timeout.InfiniteTimeSpan: sessions live as long as the service
        /// allows.
        /// </summary>
        public TimeSpan IdleTimeout { get; set; }

        /// <summary>Makes settings with their defaults.</summary>
        public SharedSessionOptions()
        {
            App = "aspnetcore";
            CookieName = "sessionid";
            CookiePath = "/";
            CookieSameSite = SameSiteMode.Lax;
            IdleTimeout = TimeSpan.FromMinutes(20);
        }

        /// <summary>Throws ArgumentException if a setting is missing or wrong.</summary>
        public override void Check()
        {
            base.Check();
            if (string.IsNullOrEmpty(CookieName)) throw new ArgumentException("CookieName must not be empty.");
            if (CookieSameSite == SameSiteMode.None && !CookieSecure)
                throw new ArgumentException("SameSiteMode.None needs CookieSecure: browsers refuse the cookie otherwise.");
            if (IdleTimeout != System.Threading.Timeout.InfiniteTimeSpan && IdleTimeout < TimeSpan.FromSeconds(1))
                throw new ArgumentException("IdleTimeout must be at least 1 second, or InfiniteTimeSpan.");
        }

        /// <summary>Returns a time to live in seconds for the service: -1 never ends, 0 deletes.</summary>
        internal static int Seconds(TimeSpan idle)
        {
            if (idle == System.Threading.Timeout.InfiniteTimeSpan) return -1;
            return idle <= TimeSpan.Zero ? 0 : (int)Math.Min(Math.Ceiling(idle.TotalSeconds), int.MaxValue);
        }
    }
}
