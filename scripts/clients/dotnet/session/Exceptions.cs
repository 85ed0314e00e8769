using System;

namespace MemcachedSoap.Sessions
{
    /// <summary>A session could not be read or stored. The text never has an id or a value.</summary>
    public class SessionException : Exception
    {
        /// <summary>Makes an exception with a text.</summary>
        public SessionException(string text) : base(text) { }

        /// <summary>Makes an exception with a text and its cause.</summary>
        public SessionException(string text, Exception cause) : base(text, cause) { }
    }

    /// <summary>
    /// The service or its store does not answer. The result of a change is unknown: read the session before
    /// you repeat the change. An application answers with the status 503.
    /// </summary>
    public sealed class SessionUnavailableException : SessionException
    {
        /// <summary>Makes an exception with a text.</summary>
        public SessionUnavailableException(string text) : base(text) { }

        /// <summary>Makes an exception with a text and its cause.</summary>
        public SessionUnavailableException(string text, Exception cause) : base(text, cause) { }
    }

    /// <summary>An attribute has a value or a name that a shared session cannot hold. Nothing was stored.</summary>
    public sealed class AttributeRefusedException : SessionException
    {
        /// <summary>The name of the attribute, as the application knows it.</summary>
        public string Name { get; private set; }

        /// <summary>Makes an exception for an attribute.</summary>
        public AttributeRefusedException(string name, string reason)
            : base("The session attribute \"" + Shorten(name) + "\" cannot be stored: " + reason)
        {
            Name = name;
        }

        /// <summary>Cuts a name, which may have 64 KiB, for a message.</summary>
        internal static string Shorten(string name)
        {
            const int longest = 100;
            return name.Length <= longest ? name : name.Substring(0, longest) + "...";
        }
    }

    /// <summary>The session would be larger than the store or the service accepts. Nothing was stored.</summary>
    public sealed class SessionTooLargeException : SessionException
    {
        /// <summary>The limit in bytes, or 0 if the service did not tell it.</summary>
        public long Limit { get; private set; }

        /// <summary>The size in bytes or a lower bound of it, or 0 if the service did not tell it.</summary>
        public long Actual { get; private set; }

        /// <summary>Makes an exception with the largest attribute of the change.</summary>
        public SessionTooLargeException(string largest, long limit, long actual)
            : base("The session has " + actual + " bytes and the limit is " + limit + ". Its largest new attribute is \"" +
                AttributeRefusedException.Shorten(largest) + "\".")
        {
            Limit = limit;
            Actual = actual;
        }
    }

    /// <summary>
    /// An attribute of the setting Exact was changed by another request since this one read it. Nothing was
    /// stored.
    /// </summary>
    public sealed class SessionConflictException : SessionException
    {
        /// <summary>Makes an exception for an attribute.</summary>
        public SessionConflictException(string name)
            : base("The session attribute \"" + AttributeRefusedException.Shorten(name) +
                "\" was changed by another request meanwhile. Repeat the request.") { }
    }

    /// <summary>A fault of the service. Only its name and its numbers are kept.</summary>
    public sealed class ServiceFaultException : SessionException
    {
        /// <summary>The name of a typed fault without "Fault", such as SessionNotFound, or Client or Server.</summary>
        public string Fault { get; private set; }

        /// <summary>The limit of PayloadTooLarge in bytes.</summary>
        public long Limit { get; internal set; }

        /// <summary>The size of PayloadTooLarge in bytes.</summary>
        public long Actual { get; internal set; }

        /// <summary>Makes an exception for a fault.</summary>
        public ServiceFaultException(string fault, string text) : base(text)
        {
            Fault = fault;
        }
    }
}
