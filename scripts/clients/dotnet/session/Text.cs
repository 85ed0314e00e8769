using System;
using System.Text;

namespace MemcachedSoap.Sessions
{
    /// <summary>Tells text from bytes, as the contract of the service does.</summary>
    static class Text
    {
        const string Base64Prefix = "base64:";

        /// <summary>UTF-8 that throws for invalid bytes and unpaired surrogates.</summary>
        public static readonly UTF8Encoding Utf8 = new UTF8Encoding(false, true);

        /// <summary>Tells whether a string has no unpaired surrogates.</summary>
        public static bool IsUnicode(string s)
        {
            for (var i = 0; i < s.Length; i++)
            {
                if (!char.IsSurrogate(s[i])) continue;
                if (i + 1 == s.Length || !char.IsSurrogatePair(s[i], s[i + 1])) return false;
                i++;
            }
            return true;
        }

        /// <summary>Tells whether XML 1.0 can represent each character of a string of valid Unicode.</summary>
        public static bool IsXml(string s)
        {
            foreach (var c in s)
                if (c < ' ' && c != '\t' && c != '\n' && c != '\r' || c >= '\ufffe') return false;
            return true;
        }

        /// <summary>Returns the text that bytes are in UTF-8, or null if they are none.</summary>
        public static string OfBytes(byte[] bytes)
        {
            try { return Utf8.GetString(bytes); }
            catch (ArgumentException) { return null; }
        }

        /// <summary>Writes a name as the key of an entry.</summary>
        public static string EncodeName(string name)
        {
            if (IsXml(name) && !name.StartsWith(Base64Prefix, StringComparison.Ordinal)) return name;
            return Base64Prefix + Convert.ToBase64String(Utf8.GetBytes(name));
        }

        /// <summary>Reads a name from the key of an entry.</summary>
        public static string DecodeName(string key)
        {
            if (!key.StartsWith(Base64Prefix, StringComparison.Ordinal)) return key;
            try { return Utf8.GetString(Convert.FromBase64String(key.Substring(Base64Prefix.Length))); }
            catch (Exception e) when (e is FormatException || e is ArgumentException)
            {
                throw new SessionException("The service sent a name that is no base64 of UTF-8.", e);
            }
        }
    }
}
