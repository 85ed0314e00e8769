using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace MemcachedSoap.Sessions
{
    /// <summary>Writes one request of the contract.</summary>
    sealed class Envelope
    {
        /// <summary>The namespace of the contract.</summary>
        public const string Namespace = "urn:memcached-soap:session:v1";

        readonly StringBuilder xml = new StringBuilder(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>" +
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>");

        /// <summary>The operation.</summary>
        public string Operation { get; private set; }

        /// <summary>Begins a request.</summary>
        public Envelope(string operation)
        {
            Operation = operation;
            xml.Append('<').Append(operation).Append(" xmlns=\"").Append(Namespace).Append("\">");
        }

        /// <summary>Adds a parameter of text, unless it is null.</summary>
        public Envelope Add(string name, string value)
        {
            if (value == null) return this;
            xml.Append('<').Append(name).Append('>');
            Escape(xml, value);
            xml.Append("</").Append(name).Append('>');
            return this;
        }

        /// <summary>Adds a parameter that is a number, unless it is null.</summary>
        public Envelope Add(string name, int? value)
        {
            return value == null ? this : Add(name, value.Value.ToString(CultureInfo.InvariantCulture));
        }

        /// <summary>Adds a parameter that is a list of entries.</summary>
        public Envelope Add(string name, IDictionary<string, Node> entries)
        {
            xml.Append('<').Append(name).Append('>');
            foreach (var entry in entries) Node.WriteEntry(xml, entry.Key, entry.Value);
            xml.Append("</").Append(name).Append('>');
            return this;
        }

        /// <summary>Adds a parameter that is a list of names of attributes.</summary>
        public Envelope AddNames(string name, IEnumerable<string> names)
        {
            xml.Append('<').Append(name).Append('>');
            foreach (var key in names) Add("key", Text.EncodeName(key));
            xml.Append("</").Append(name).Append('>');
            return this;
        }

        /// <summary>Ends the request and returns its bytes.</summary>
        public byte[] Bytes()
        {
            return Text.Utf8.GetBytes(xml + "</" + Operation + "></e:Body></e:Envelope>");
        }

        /// <summary>
        /// Adds text to XML. A parser changes a carriage return that is not a character reference to a line
        /// feed; mono's XmlWriter does not write that reference.
        /// </summary>
        public static void Escape(StringBuilder xml, string text)
        {
            foreach (var c in text)
            {
                switch (c)
                {
                    case '&': xml.Append("&amp;"); break;
                    case '<': xml.Append("&lt;"); break;
                    case '>': xml.Append("&gt;"); break;
                    case '\r': xml.Append("&#xD;"); break;
                    default: xml.Append(c); break;
                }
            }
        }
    }
}
