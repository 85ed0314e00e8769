using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.Serialization;
using System.Text;
using System.Xml;

namespace MemcachedSoap.Sessions
{
    /// <summary>
    /// Stores objects of chosen types as bytes that only this application reads. DataContractSerializer writes
    /// them. A type that is not in the list is never made, whatever the stored bytes name. BinaryFormatter
    /// is not used: it runs code that the stored bytes name.
    /// </summary>
    public sealed class PrivateObjects
    {
        // The first byte occurs nowhere in UTF-8, so that the service returns the bytes as bytes.
        static readonly byte[] mark = { 0xff, (byte)'.', (byte)'n', (byte)'e', (byte)'t', 1 };

        readonly Dictionary<string, Type> types;

        /// <summary>Makes the list of types whose objects may be stored and read.</summary>
        public PrivateObjects(IEnumerable<Type> allowed)
        {
            types = allowed.ToDictionary(t => t.FullName, StringComparer.Ordinal);
        }

        internal byte[] Encode(string name, object value)
        {
            Type type;
            if (!types.TryGetValue(value.GetType().FullName, out type) || type != value.GetType())
                throw new AttributeRefusedException(name, "the type " + value.GetType().FullName +
                    " is not in the list of types that may be stored.");
            using (var bytes = new MemoryStream())
            {
                bytes.Write(mark, 0, mark.Length);
                var typeName = Text.Utf8.GetBytes(type.FullName + "\n");
                bytes.Write(typeName, 0, typeName.Length);
                try { Serializer(type).WriteObject(bytes, value); }
                catch (Exception e) when (e is SerializationException || e is InvalidDataContractException)
                {
                    throw new AttributeRefusedException(name, "DataContractSerializer cannot write the type " +
                        type.FullName + ", or a type in it that is not in the list.");
                }
                return bytes.ToArray();
            }
        }

        // Bytes that are no such object, or one of another type, stay bytes.
        internal bool TryDecode(byte[] bytes, out object value)
        {
            value = null;
            if (bytes.Length < mark.Length || !bytes.Take(mark.Length).SequenceEqual(mark)) return false;
            var end = Array.IndexOf(bytes, (byte)'\n', mark.Length);
            if (end < 0) return false;
            Type type;
            var name = Encoding.UTF8.GetString(bytes, mark.Length, end - mark.Length);
            if (!types.TryGetValue(name, out type)) return false;
            try
            {
                var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit };
                using (var stream = new MemoryStream(bytes, end + 1, bytes.Length - end - 1))
                using (var reader = XmlReader.Create(stream, settings))
                    value = Serializer(type).ReadObject(reader);
                return value != null;
            }
            catch (Exception e) when (e is SerializationException || e is XmlException || e is InvalidDataContractException)
            {
                return false;
            }
        }

        DataContractSerializer Serializer(Type type) { return new DataContractSerializer(type, types.Values); }
    }
}
