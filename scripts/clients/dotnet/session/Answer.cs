using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Xml;
using System.Xml.Linq;

namespace MemcachedSoap.Sessions
{
    /// <summary>Reads the answers of the service.</summary>
    static class Answer
    {
        /// <summary>The most bytes of an answer.</summary>
        public const int MaxBytes = 64 << 20;

        /// <summary>
        /// Returns the result of an operation, or null if it is nil. A fault is a ServiceFaultException, or a
        /// SessionUnavailableException if the store or the service is down.
        /// </summary>
        public static XElement Result(string operation, HttpAnswer answer)
        {
            var body = Body(answer);
            var child = body == null ? null : body.Elements().FirstOrDefault();
            if (child == null) throw NoSoap(answer.Status);
            if (child.Name.LocalName == "Fault") throw Fault(child, answer.Status);
            if (child.Name.LocalName != operation + "Response" || child.Name.NamespaceName != Envelope.Namespace)
                throw NoSoap(answer.Status);
            return child.Elements().FirstOrDefault();
        }

        /// <summary>Returns the text of a child, or null.</summary>
        public static string Child(XElement element, string name)
        {
            var child = element.Elements().FirstOrDefault(e => e.Name.LocalName == name);
            return child == null ? null : child.Value;
        }

        static XElement Body(HttpAnswer answer)
        {
            var settings = new XmlReaderSettings {
                DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreWhitespace = false,
            };
            try
            {
                using (var reader = XmlReader.Create(new MemoryStream(answer.Body), settings))
                {
                    var root = XElement.Load(reader, LoadOptions.PreserveWhitespace);
                    return root.Elements().FirstOrDefault(e => e.Name.LocalName == "Body");
                }
            }
            catch (XmlException) { return null; }
        }

        // A proxy answers without SOAP, also with 502 to 504 while the service is down.
        static SessionException NoSoap(int status)
        {
            if (status == 401 || status == 403)
                return new ServiceFaultException("AccessDenied", "The service denies access: the status is " + status + ".");
            return new SessionUnavailableException("The session service sent no whole SOAP message: the status is " + status + ".");
        }

        static SessionException Fault(XElement fault, int status)
        {
            var detail = fault.Elements().FirstOrDefault(e => e.Name.LocalName == "detail");
            var typed = detail == null ? null
                : detail.Elements().FirstOrDefault(e => e.Name.NamespaceName == Envelope.Namespace);
            var name = typed == null ? "" : typed.Name.LocalName;
            if (name == "StoreUnavailableFault")
                return new SessionUnavailableException("The store of the sessions is unavailable.");
            if (name.EndsWith("Fault", StringComparison.Ordinal))
            {
                name = name.Substring(0, name.Length - "Fault".Length);
                return new ServiceFaultException(name, "The session service answered with the fault " + name + ".") {
                    Limit = Number(typed, "limit"), Actual = Number(typed, "actual"),
                };
            }
            // The text of a general fault can quote the request, so it is not repeated.
            var code = (Child(fault, "faultcode") ?? "").Split(':').Last();
            if (status == 401) return NoSoap(status);
            if (code == "Server") return new SessionUnavailableException("The session service failed.");
            var denied = (Child(fault, "faultstring") ?? "").StartsWith("Access denied", StringComparison.Ordinal);
            return new ServiceFaultException(denied ? "AccessDenied" : "Client", denied
                ? "The session service denies the operation: the caller lacks its role."
                : "The session service rejected the request. Its log has the reason.");
        }

        static long Number(XElement element, string name)
        {
            long number;
            return long.TryParse(Child(element, name), NumberStyles.None, CultureInfo.InvariantCulture, out number) ? number : 0;
        }
    }
}
