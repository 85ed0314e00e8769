using System;
using System.Collections.Generic;
using System.Linq;

namespace MemcachedSoap.Sessions
{
    /// <summary>
    /// Maps the names of an application to those of the stored session. Shared names are stored as they are,
    /// all others with the prefix of the application, so that two applications do not overwrite each other.
    /// </summary>
    public sealed class Names
    {
        /// <summary>The attributes of the login, which are always shared.</summary>
        public static readonly IList<string> Login = Array.AsReadOnly(new[] {
            "uid", "cn", "mail", "groups", "authenticationLevel", "_utime", "ipAddr" });

        static readonly HashSet<string> reserved = new HashSet<string> {
            "_session_id", "_session_end", "_session_kind", "_lastSeen" };

        readonly Dictionary<string, string> shared;
        readonly string prefix;

        /// <summary>
        /// Makes the mapping. comparer compares the names of the framework: System.Web ignores the case of
        /// letters.
        /// </summary>
        public Names(IEnumerable<string> moreShared, string app, StringComparer comparer)
        {
            shared = new Dictionary<string, string>(comparer);
            foreach (var name in Login.Concat(moreShared)) shared[name] = name;
            prefix = app + "/";
        }

        /// <summary>
        /// Returns the name under which an attribute is stored. It throws AttributeRefusedException for the
        /// names that the service needs itself.
        /// </summary>
        public string Stored(string name)
        {
            if (name == null) throw new AttributeRefusedException("", "it has no name.");
            if (IsReserved(name)) throw new AttributeRefusedException(name, "the name is reserved for the service.");
            if (!Text.IsUnicode(name)) throw new AttributeRefusedException(name, "the name is not valid Unicode.");
            string bare;
            return shared.TryGetValue(name, out bare) ? bare : prefix + name;
        }

        /// <summary>
        /// Returns the name that the application knows, or null for an attribute that is not for it: such an
        /// attribute is kept as it is.
        /// </summary>
        public string OfApplication(string stored)
        {
            string name;
            if (shared.TryGetValue(stored, out name)) return name == stored && !IsReserved(stored) ? stored : null;
            if (!stored.StartsWith(prefix, StringComparison.Ordinal)) return null;
            name = stored.Substring(prefix.Length);
            // A shared name under the prefix would be stored without it.
            return IsReserved(name) || shared.ContainsKey(name) ? null : name;
        }

        /// <summary>Tells whether a stored attribute is one that only this application uses.</summary>
        public bool IsPrivate(string stored)
        {
            return stored.StartsWith(prefix, StringComparison.Ordinal) && !shared.ContainsKey(stored);
        }

        /// <summary>Tells whether the service uses the name itself.</summary>
        public static bool IsReserved(string name)
        {
            return reserved.Contains(name) || name.EndsWith("_MD5", StringComparison.Ordinal);
        }
    }
}
