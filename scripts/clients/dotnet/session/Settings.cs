using System;
using System.Collections.Generic;

namespace MemcachedSoap.Sessions
{
    /// <summary>The settings of an adapter. They must not change after the store was made.</summary>
    public class Settings
    {
        /// <summary>The address of the service, such as http://127.0.0.1:8080/soap. It is required.</summary>
        public string Url { get; set; }

        /// <summary>A key, sent in the header Authorization: Bearer.</summary>
        public string Key { get; set; }

        /// <summary>A user for HTTP Basic.</summary>
        public string User { get; set; }

        /// <summary>The password of the user.</summary>
        public string Password { get; set; }

        /// <summary>
        /// A file of certificates in PEM: the authorities that may have signed the certificate of the service.
        /// Without it the system decides.
        /// </summary>
        public string CaFile { get; set; }

        /// <summary>The longest time that one call may take: 2 seconds unless it is set.</summary>
        public TimeSpan Timeout { get; set; }

        /// <summary>The absolute timeout in seconds, counted from the login. 0: there is none.</summary>
        public int Lifetime { get; set; }

        /// <summary>Names of attributes that are shared, beside those of the login.</summary>
        public ICollection<string> Shared { get; private set; }

        /// <summary>The prefix of the attributes that are not shared, without the slash after it.</summary>
        public string App { get; set; }

        /// <summary>Names of attributes, such as counters, of which no concurrent change may be lost.</summary>
        public ICollection<string> Exact { get; private set; }

        /// <summary>The types whose objects may be stored for this application alone. Empty: none.</summary>
        public ICollection<Type> Types { get; private set; }

        /// <summary>
        /// Path prefixes whose pages get an empty session that is never stored while the service is down.
        /// "/" means all pages. Empty: such a page is an error with the status 503.
        /// </summary>
        public ICollection<string> Anonymous { get; private set; }

        /// <summary>Gets messages about changes that were dropped. They have no id and no value.</summary>
        public Action<string> Log { get; set; }

        /// <summary>Makes settings with their defaults.</summary>
        public Settings()
        {
            Timeout = TimeSpan.FromSeconds(2);
            Shared = new List<string>();
            Exact = new List<string>();
            Types = new List<Type>();
            Anonymous = new List<string>();
            Log = text => System.Diagnostics.Trace.TraceWarning("MemcachedSoap.Sessions: " + text);
        }

        /// <summary>Throws ArgumentException if a setting is missing or wrong.</summary>
        public virtual void Check()
        {
            Uri url;
            if (!Uri.TryCreate(Url, UriKind.Absolute, out url) || url.Scheme != "http" && url.Scheme != "https")
                throw new ArgumentException("url must be the address of the session service, such as http://127.0.0.1:8080/soap.");
            if (url.UserInfo != "") throw new ArgumentException("url must not have a password. Use user and password.");
            if (!string.IsNullOrEmpty(Key) && !string.IsNullOrEmpty(User))
                throw new ArgumentException("Set key, or user and password, but not both.");
            if (string.IsNullOrEmpty(User) != string.IsNullOrEmpty(Password))
                throw new ArgumentException("user and password need each other.");
            foreach (var secret in new[] { Key, User, Password })
                if (secret != null && secret.IndexOfAny(new[] { '\r', '\n', '\0' }) >= 0)
                    throw new ArgumentException("key, user and password must not have line breaks.");
            if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromHours(1))
                throw new ArgumentException("timeout must be more than 0 and at most 1 hour.");
            if (Lifetime < 0) throw new ArgumentException("lifetime must be 0, or a number of seconds.");
            if (string.IsNullOrEmpty(App)) throw new ArgumentException("app must not be empty.");
            foreach (var name in Shared)
                if (string.IsNullOrEmpty(name) || Names.IsReserved(name))
                    throw new ArgumentException("shared must not have the name \"" + name + "\".");
            foreach (var path in Anonymous)
                if (!path.StartsWith("/", StringComparison.Ordinal))
                    throw new ArgumentException("anonymous must be ok, or paths that begin with /.");
        }

        /// <summary>Tells whether pages of the path go on without a session while the service is down.</summary>
        public bool IsAnonymous(string path)
        {
            foreach (var prefix in Anonymous)
                if (path.StartsWith(prefix, StringComparison.Ordinal) &&
                    (prefix.EndsWith("/", StringComparison.Ordinal) || path.Length == prefix.Length || path[prefix.Length] == '/'))
                    return true;
            return false;
        }

        /// <summary>Returns the value of the header Authorization, or null.</summary>
        public string Authorization()
        {
            if (!string.IsNullOrEmpty(Key)) return "Bearer " + Key;
            if (string.IsNullOrEmpty(User)) return null;
            return "Basic " + Convert.ToBase64String(Text.Utf8.GetBytes(User + ":" + Password));
        }
    }
}
