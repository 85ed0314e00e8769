using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Xml.Linq;

namespace MemcachedSoap.Sessions
{
    /// <summary>The kinds of values of the contract.</summary>
    enum Kind { Undef, Text, Binary, Int, Double, Boolean, Hash, List }

    /// <summary>A value as the service knows it. A node is not changed after it was made.</summary>
    sealed class Node
    {
        public Kind Kind;
        public string Value;                     // of Text, Int, Double and Boolean
        public byte[] Bytes;                     // of Binary
        public List<Node> Items;                 // of List
        public SortedDictionary<string, Node> Entries; // of Hash; sorted, so that equal hashes are written equally

        /// <summary>Returns a text that is equal for equal nodes, and for no others.</summary>
        public string Canonical()
        {
            var text = new StringBuilder();
            Write(text);
            return text.ToString();
        }

        /// <summary>Writes the elements of the value: those beside key in an entry.</summary>
        public void Write(StringBuilder xml)
        {
            switch (Kind)
            {
                case Kind.Undef:
                    xml.Append("<undef>true</undef>");
                    break;
                case Kind.Binary:
                    xml.Append("<binary>").Append(Convert.ToBase64String(Bytes)).Append("</binary>");
                    break;
                case Kind.Hash:
                    xml.Append("<hash>");
                    foreach (var entry in Entries) WriteEntry(xml, entry.Key, entry.Value);
                    xml.Append("</hash>");
                    break;
                case Kind.List:
                    xml.Append("<list>");
                    foreach (var item in Items)
                    {
                        xml.Append("<item>");
                        item.Write(xml);
                        xml.Append("</item>");
                    }
                    xml.Append("</list>");
                    break;
                default:
                    xml.Append("<value>");
                    Envelope.Escape(xml, Value);
                    xml.Append("</value>");
                    if (Kind != Kind.Text) xml.Append("<type>").Append(Kind.ToString().ToLowerInvariant()).Append("</type>");
                    break;
            }
        }

        /// <summary>Writes an entry of a hash or of the attributes.</summary>
        public static void WriteEntry(StringBuilder xml, string name, Node value)
        {
            xml.Append("<entry><key>");
            Envelope.Escape(xml, Sessions.Text.EncodeName(name));
            xml.Append("</key>");
            value.Write(xml);
            xml.Append("</entry>");
        }

        /// <summary>Reads the value of an entry or of an item.</summary>
        public static Node Read(XElement element)
        {
            var type = "";
            Node node = null;
            foreach (var child in element.Elements())
            {
                switch (child.Name.LocalName)
                {
                    case "value": node = new Node { Kind = Kind.Text, Value = child.Value }; break;
                    case "binary": node = new Node { Kind = Kind.Binary, Bytes = Base64(child.Value) }; break;
                    case "hash": node = new Node { Kind = Kind.Hash, Entries = ReadEntries(child) }; break;
                    case "list":
                        node = new Node { Kind = Kind.List, Items = child.Elements().Select(Read).ToList() };
                        break;
                    case "type": type = child.Value; break;
                }
            }
            if (node == null) return new Node { Kind = Kind.Undef };
            Kind typed;
            if (node.Kind == Kind.Text && type != "" && Enum.TryParse(type, true, out typed)) node.Kind = typed;
            return node;
        }

        /// <summary>Reads the entries of a hash or of the attributes.</summary>
        public static SortedDictionary<string, Node> ReadEntries(XElement list)
        {
            var entries = new SortedDictionary<string, Node>(StringComparer.Ordinal);
            foreach (var entry in list.Elements())
            {
                var key = entry.Elements().FirstOrDefault(e => e.Name.LocalName == "key");
                if (key == null) throw new SessionException("The service sent an entry without a key.");
                entries[Sessions.Text.DecodeName(key.Value)] = Read(entry);
            }
            return entries;
        }

        static byte[] Base64(string text)
        {
            try { return Convert.FromBase64String(text); }
            catch (FormatException e) { throw new SessionException("The service sent invalid base64.", e); }
        }
    }
}
