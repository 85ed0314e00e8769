using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace MemcachedSoap.Sessions
{
    /// <summary>
    /// Maps values of .NET to those of the service and back. Text, numbers of at most 64 bits, booleans, bytes,
    /// null, lists and dictionaries with names of text can be shared. Other types are refused.
    /// </summary>
    public sealed class Values
    {
        /// <summary>The deepest nesting of lists and dictionaries.</summary>
        const int MaxDepth = 100;

        readonly PrivateObjects objects;

        /// <summary>Makes a mapping; objects of the types are stored as well if they are given.</summary>
        public Values(PrivateObjects objects) { this.objects = objects; }

        /// <summary>Returns the node of a value. name is for the text of AttributeRefusedException.</summary>
        internal Node Encode(string name, object value, bool isPrivate)
        {
            return Encode(name, value, isPrivate ? objects : null, 0);
        }

        static Node Encode(string name, object value, PrivateObjects objects, int depth)
        {
            if (depth > MaxDepth)
                throw new AttributeRefusedException(name, "it is nested deeper than " + MaxDepth + ", or contains itself.");
            if (value == null || value is DBNull) return new Node { Kind = Kind.Undef };
            var text = value as string;
            if (text != null) return EncodeText(name, text);
            var bytes = value as byte[];
            if (bytes != null) return EncodeBytes(bytes);
            if (value is bool) return Scalar(Kind.Boolean, (bool)value ? "true" : "false");
            if (value is Enum) return Private(name, value, objects);
            var number = Number(name, value);
            if (number != null) return number;
            var map = value as IDictionary;
            if (map != null) return EncodeMap(name, map, objects, depth);
            var list = value as IList;
            if (list == null || value is Array && ((Array)value).Rank > 1) return Private(name, value, objects);
            var items = new List<Node>(list.Count);
            foreach (var item in list) items.Add(Encode(name, item, objects, depth + 1));
            return new Node { Kind = Kind.List, Items = items };
        }

        static Node EncodeText(string name, string text)
        {
            if (!Text.IsUnicode(text))
                throw new AttributeRefusedException(name, "the text has an unpaired surrogate. Store such data as byte[].");
            return Text.IsXml(text) ? Scalar(Kind.Text, text)
                : new Node { Kind = Kind.Binary, Bytes = Text.Utf8.GetBytes(text) };
        }

        // The service returns bytes that are text as text, so they are text here already:
        // what was read and not changed must be equal to what was stored.
        static Node EncodeBytes(byte[] bytes)
        {
            var text = Text.OfBytes(bytes);
            return text != null && Text.IsXml(text) ? Scalar(Kind.Text, text) : new Node { Kind = Kind.Binary, Bytes = bytes };
        }

        static Node Number(string name, object value)
        {
            switch (Type.GetTypeCode(value.GetType()))
            {
                case TypeCode.SByte: case TypeCode.Int16: case TypeCode.Int32: case TypeCode.Int64:
                case TypeCode.Byte: case TypeCode.UInt16: case TypeCode.UInt32:
                    return Scalar(Kind.Int, Convert.ToInt64(value).ToString(CultureInfo.InvariantCulture));
                case TypeCode.UInt64:
                    if ((ulong)value > long.MaxValue) throw new AttributeRefusedException(name, "the number has more than 64 bits.");
                    return Scalar(Kind.Int, ((ulong)value).ToString(CultureInfo.InvariantCulture));
                case TypeCode.Single: case TypeCode.Double:
                    var d = Convert.ToDouble(value);
                    if (double.IsNaN(d) || double.IsInfinity(d))
                        throw new AttributeRefusedException(name, "the number is not finite.");
                    return Scalar(Kind.Double, d.ToString("R", CultureInfo.InvariantCulture));
                default: return null;
            }
        }

        static Node EncodeMap(string name, IDictionary map, PrivateObjects objects, int depth)
        {
            var entries = new SortedDictionary<string, Node>(StringComparer.Ordinal);
            foreach (DictionaryEntry entry in map)
            {
                var key = entry.Key as string;
                if (key == null)
                    throw new AttributeRefusedException(name, "the names of a dictionary must be of the type string.");
                if (!Text.IsUnicode(key)) throw new AttributeRefusedException(name, "a name in it is not valid Unicode.");
                entries[key] = Encode(name, entry.Value, objects, depth + 1);
            }
            return new Node { Kind = Kind.Hash, Entries = entries };
        }

        static Node Private(string name, object value, PrivateObjects objects)
        {
            if (objects != null) return new Node { Kind = Kind.Binary, Bytes = objects.Encode(name, value) };
            throw new AttributeRefusedException(name, "the type " + value.GetType().FullName +
                " cannot be shared. Store text, numbers, booleans, byte[], lists or dictionaries" +
                (value is decimal || value is DateTime ? ", such as its text." : "."));
        }

        static Node Scalar(Kind kind, string value) { return new Node { Kind = kind, Value = value }; }

        /// <summary>
        /// Returns the value of a node: string, byte[], int or long, double, bool, null, List of object, or
        /// Dictionary of string and object.
        /// </summary>
        internal object Decode(Node node, bool isPrivate)
        {
            switch (node.Kind)
            {
                case Kind.Undef: return null;
                case Kind.Binary:
                    object value;
                    if (isPrivate && objects != null && objects.TryDecode(node.Bytes, out value)) return value;
                    return (object)Text.OfBytes(node.Bytes) ?? node.Bytes;
                case Kind.Hash:
                    return node.Entries.ToDictionary(e => e.Key, e => Decode(e.Value, isPrivate));
                case Kind.List: return node.Items.Select(item => Decode(item, isPrivate)).ToList();
                case Kind.Boolean: return node.Value == "true" || node.Value == "1";
                case Kind.Int:
                    long whole;
                    if (!long.TryParse(node.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out whole))
                        return node.Value;
                    if (whole >= int.MinValue && whole <= int.MaxValue) return (int)whole;
                    return whole;
                case Kind.Double:
                    double number;
                    if (double.TryParse(node.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out number)) return number;
                    return node.Value;
                default: return node.Value;
            }
        }

        /// <summary>
        /// Returns the bytes of an attribute that was stored as byte[]. Bytes that are valid UTF-8 come back as
        /// a string. null and other types are null.
        /// </summary>
        public static byte[] Bytes(object value)
        {
            var text = value as string;
            return text != null ? Text.Utf8.GetBytes(text) : value as byte[];
        }

        /// <summary>
        /// Returns an attribute as a list of elements of one type. It throws InvalidCastException if it is
        /// another thing, and returns null for null.
        /// </summary>
        public static List<T> List<T>(object value)
        {
            if (value == null) return null;
            return ((IEnumerable)value).Cast<object>().Select(item => (T)Convert.ChangeType(item, typeof(T),
                CultureInfo.InvariantCulture)).ToList();
        }
    }
}
