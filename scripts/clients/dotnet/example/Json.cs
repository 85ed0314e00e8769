using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Example
{
    /// <summary>
    /// JSON of the values of a session. {"base64": ...} stands for bytes that are no text. The serializers of mono do not
    /// take each value.
    /// </summary>
    public sealed class Json
    {
        readonly string text;
        int at;

        Json(string text) { this.text = text; }

        /// <summary>Reads a value. It throws FormatException if the text is no JSON.</summary>
        public static object Parse(string text)
        {
            var parser = new Json(text);
            var value = parser.Value();
            if (parser.Peek() != '\0') throw parser.Wrong();
            return value;
        }

        object Value()
        {
            switch (Peek())
            {
                case '{': return Map();
                case '[': return List();
                case '"': return String();
                case 't': Word("true"); return true;
                case 'f': Word("false"); return false;
                case 'n': Word("null"); return null;
                default: return Number();
            }
        }

        object Map()
        {
            var map = new Dictionary<string, object>();
            for (at++; Peek() != '}'; Separator('}'))
            {
                if (Peek() != '"') throw Wrong();
                var name = String();
                if (Peek() != ':') throw Wrong();
                at++;
                map[name] = Value();
            }
            at++;
            object base64;
            if (map.Count == 1 && map.TryGetValue("base64", out base64) && base64 is string) return Convert.FromBase64String((string)base64);
            return map;
        }

        object List()
        {
            var list = new List<object>();
            for (at++; Peek() != ']'; Separator(']')) list.Add(Value());
            at++;
            return list;
        }

        void Separator(char end)
        {
            if (Peek() == ',') at++;
            else if (Peek() != end) throw Wrong();
        }

        string String()
        {
            var value = new StringBuilder();
            for (at++; at < text.Length && text[at] != '"'; at++)
            {
                if (text[at] != '\\') { value.Append(text[at]); continue; }
                if (++at == text.Length) throw Wrong();
                var plain = "\"\\/bfnrt".IndexOf(text[at]);
                if (plain >= 0) value.Append("\"\\/\b\f\n\r\t"[plain]);
                else if (text[at] == 'u' && at + 4 < text.Length)
                {
                    value.Append((char)ushort.Parse(text.Substring(at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                    at += 4;
                }
                else throw Wrong();
            }
            if (at == text.Length) throw Wrong();
            at++;
            return value.ToString();
        }

        object Number()
        {
            var start = at;
            while (at < text.Length && "+-.0123456789eE".IndexOf(text[at]) >= 0) at++;
            var number = text.Substring(start, at - start);
            long whole;
            if (long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out whole)) return whole;
            double real;
            if (double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out real)) return real;
            throw Wrong();
        }

        void Word(string word)
        {
            if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0) throw Wrong();
            at += word.Length;
        }

        char Peek()
        {
            while (at < text.Length && " \t\r\n".IndexOf(text[at]) >= 0) at++;
            return at < text.Length ? text[at] : '\0';
        }

        FormatException Wrong() { return new FormatException("no JSON at character " + at); }

        /// <summary>Writes a value.</summary>
        public static string Of(object value)
        {
            var json = new StringBuilder();
            Write(json, value);
            return json.ToString();
        }

        static void Write(StringBuilder json, object value)
        {
            var bytes = value as byte[];
            if (bytes != null) value = new Dictionary<string, object> { { "base64", Convert.ToBase64String(bytes) } };
            if (value == null) json.Append("null");
            else if (value is string) WriteString(json, (string)value);
            else if (value is bool) json.Append((bool)value ? "true" : "false");
            else if (value is double) json.Append(((double)value).ToString("R", CultureInfo.InvariantCulture));
            else if (value is IDictionary)
            {
                var first = true;
                json.Append('{');
                foreach (DictionaryEntry entry in (IDictionary)value)
                {
                    if (!first) json.Append(',');
                    first = false;
                    WriteString(json, (string)entry.Key);
                    json.Append(':');
                    Write(json, entry.Value);
                }
                json.Append('}');
            }
            else if (value is IList)
            {
                json.Append('[');
                for (var i = 0; i < ((IList)value).Count; i++)
                {
                    if (i > 0) json.Append(',');
                    Write(json, ((IList)value)[i]);
                }
                json.Append(']');
            }
            else json.Append(Convert.ToString(value, CultureInfo.InvariantCulture));
        }

        static void WriteString(StringBuilder json, string text)
        {
            json.Append('"');
            foreach (var c in text)
            {
                if (c == '"' || c == '\\') json.Append('\\').Append(c);
                else if (c < ' ') json.Append("\\u").Append(((int)c).ToString("x4"));
                else json.Append(c);
            }
            json.Append('"');
        }
    }
}
