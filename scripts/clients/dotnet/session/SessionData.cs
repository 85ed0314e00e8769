using System;
using System.Collections.Generic;

namespace MemcachedSoap.Sessions
{
    /// <summary>
    /// A session in one request: what was read, and what is known about it. It belongs to one request and
    /// is not safe for several threads.
    /// </summary>
    public sealed class SessionData
    {
        /// <summary>The id. It changes when the session is renewed, and maybe when it is stored first.</summary>
        public string Id { get; internal set; }

        /// <summary>Whether there is no stored session yet.</summary>
        public bool IsNew { get; internal set; }

        /// <summary>
        /// Whether the session must not be stored, because the service was down when it was to be read.
        /// </summary>
        public bool IsAnonymous { get; internal set; }

        /// <summary>Whether the session was deleted in this request.</summary>
        public bool IsDeleted { get; internal set; }

        /// <summary>The version that was read, or that the last change has made.</summary>
        public string Version { get; internal set; }

        /// <summary>The attributes of the application as they were read.</summary>
        public IDictionary<string, object> Values { get; private set; }

        // The stored form of each attribute of the application when it was read. It is
        // text, so it cannot change when the application changes a list or dictionary.
        internal Dictionary<string, Node> Snapshot = new Dictionary<string, Node>(StringComparer.Ordinal);

        internal int Ttl;         // the time to live that reading has set, in seconds; -1 never ends
        internal bool LoggedIn;   // the lifetime begins with the next change

        internal SessionData(StringComparer comparer)
        {
            Values = new Dictionary<string, object>(comparer);
        }
    }
}
