// The types of values: a long is an int, a double a double, and a bool a boolean.
using System;
using System.Globalization;

public static class Types
{
    // Returns the type of a number or a boolean, and null for other values.
    public static string Of(object v)
    {
        return v is long ? "int" : v is double ? "double" : v is bool ? "boolean" : null;
    }

    // Returns the text of a number or a boolean. XML writes booleans in small letters.
    public static string Text(object v)
    {
        if (v is bool) return (bool)v ? "true" : "false";
        if (v is double) return ((double)v).ToString("R", CultureInfo.InvariantCulture);
        return ((long)v).ToString(CultureInfo.InvariantCulture);
    }

    // Returns the value that a text of a type stands for. Without a type it is the text.
    public static object Value(string text, string type)
    {
        switch (type)
        {
            case null: return text;
            case "int": return long.Parse(text, CultureInfo.InvariantCulture);
            case "double": return double.Parse(text, CultureInfo.InvariantCulture);
            case "boolean": return text == "true";
            default: throw new FormatException("unknown type " + type);
        }
    }
}
