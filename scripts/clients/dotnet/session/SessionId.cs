using System;
using System.Security.Cryptography;
using System.Text;

namespace MemcachedSoap.Sessions
{
    /// <summary>Makes and checks the ids of sessions.</summary>
    public static class SessionId
    {
        const int Bytes = 16;
        const int MinDigits = 2 * Bytes;
        const int MaxDigits = 64;

        /// <summary>Returns a new id: 32 lower-case hexadecimal digits of a cryptographic source.</summary>
        public static string Create()
        {
            var random = new byte[Bytes];
            using (var source = RandomNumberGenerator.Create()) source.GetBytes(random);
            var id = new StringBuilder(MinDigits);
            foreach (var b in random) id.Append(b.ToString("x2"));
            return id.ToString();
        }

        /// <summary>
        /// Tells whether a text can be the id of a session: 32 to 64 digits 0-9a-f. The service takes other
        /// ids as well, but nothing else from a cookie is sent to it.
        /// </summary>
        public static bool IsValid(string id)
        {
            if (id == null || id.Length < MinDigits || id.Length > MaxDigits) return false;
            foreach (var c in id)
                if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) return false;
            return true;
        }
    }
}
