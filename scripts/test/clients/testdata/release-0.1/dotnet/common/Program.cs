// Usage: client.exe WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
//        client.exe WSDL_URL fault KIND ID
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Text;

// A session with plain values: string, byte[], null, List<object> and
// Dictionary<string, object>.
public class PlainSession
{
    public string Version;
    public Dictionary<string, object> Attributes;
}

public static class Program
{
    public static int Main(string[] args)
    {
        Console.OutputEncoding = new UTF8Encoding(false);
        try
        {
            Run(args);
            return 0;
        }
        catch (WebException e) when (e.Response != null)
        {
            // The fault for wrong credentials has the HTTP status 401, so that it is not a
            // FaultException or a SoapException.
            Console.Error.WriteLine(e.Message);
            Console.Error.WriteLine(new StreamReader(e.Response.GetResponseStream()).ReadToEnd());
            return 1;
        }
    }

    static void Run(string[] args)
    {
        var sessions = new Sessions(args[0].Replace("?wsdl", ""));
        var id = args[args.Length - 1];
        switch (args[1])
        {
            case "walk":
                Walk(sessions, id);
                break;
            case "fault":
                Console.WriteLine(Fault(sessions, args[2], id));
                break;
            case "read":
                var lines = sessions.Get(id).Attributes.Where(a => !a.Key.StartsWith("_"))
                    .Select(a => Hex(Encoding.UTF8.GetBytes(a.Key)) + "\t" + Rendered(a.Value));
                foreach (var line in lines.OrderBy(line => line, StringComparer.Ordinal)) Console.WriteLine(line);
                break;
            default:
                sessions.Set(id, Fixture(args[1]), 3600, null);
                break;
        }
    }

    // Calls every operation: the life of one session.
    static void Walk(Sessions sessions, string id)
    {
        var attributes = new Dictionary<string, object> {
            { "uid", "dwho" }, { "roles", new List<object> { "traveller", "doctor" } },
        };
        sessions.Set(id, attributes, 3600, null);
        Console.WriteLine("set\t" + id);

        var session = sessions.Get(id);
        Console.WriteLine("get\t" + session.Attributes["uid"]);

        // Change one attribute only if the session has not been modified since it was read.
        var change = new Dictionary<string, object> { { "mood", "good" } };
        sessions.Update(id, change, session.Version);
        Console.WriteLine("update\tok");
        try { sessions.Update(id, change, session.Version); }
        catch (Exception e) { Console.WriteLine("conflict\t" + Sessions.FaultOf(e).Split('\t')[1]); }

        Console.WriteLine("touch\t" + sessions.Touch(id, 600));
        Console.WriteLine("batch\t" + sessions.Count(id, new string('f', 32)));
        Console.WriteLine("find\t" + (sessions.Find("dwho").Contains(id) ? 1 : 0));
        Console.WriteLine("stats\t" + (sessions.Statistics() > 0 ? 1 : 0));
        Console.WriteLine("delete\t" + sessions.Delete(id).ToString().ToLower());
        try { sessions.Get(id); }
        catch (Exception e) { Console.WriteLine(Sessions.FaultOf(e).Replace("SessionNotFoundFault", "notfound")); }

        // Without an id the service creates one.
        Console.WriteLine("new\t" + sessions.Set(null, attributes, null, null));
    }

    // Makes a call that fails, and returns the name and a field of its fault.
    static string Fault(Sessions sessions, string kind, string id)
    {
        var text = kind == "toolarge" ? new string('x', 1200000) : "1";
        var one = new Dictionary<string, object> { { "a", text } };
        try
        {
            if (kind == "conflict" || kind == "deleted" || kind == "toolarge")
                sessions.Set(id, one, null, kind == "conflict" ? "AAAA" : null);
            else sessions.Get(id);
            return "no fault";
        }
        catch (Exception e) { return Sessions.FaultOf(e); }
    }

    static byte[] Bytes(int n)
    {
        return Enumerable.Range(0, n).Select(i => (byte)i).ToArray();
    }

    static Dictionary<string, object> Fixture(string command)
    {
        if (command == "writetext")
            return new Dictionary<string, object> { { "text900k", string.Concat(Enumerable.Repeat("0123456789", 90000)) } };
        if (command == "writecontrol") return new Dictionary<string, object> { { "control", "XML has no \x01" } };
        if (command == "writebig") return new Dictionary<string, object> { { "bytes900k", Bytes(900000) } };
        return new Dictionary<string, object> {
            { "plain", "plain" },
            { "special", "<&>\"']]>" },
            { "accents", "é ü ß ñ – €" },
            { "emoji", "😀 🎉" },
            { "lines", "LF\nCRLF\r\nCR\rtab\tend" },
            { "blanks", "  outer blanks  " },
            { "empty", "" },
            { "undef", null },
            { "bytes", Bytes(256) },
            { "a key with <blanks>", "key" },
            { "nested", new Dictionary<string, object> {
                { "list", new List<object> { "a", null, new byte[] { 0, 255 }, new Dictionary<string, object> { { "k", "v" } } } },
                { "undef", null },
                { "bytes", new byte[] { 0, 1 } },
            } },
            { "single", new List<object> { "one" } },
            { "emptylist", new List<object>() },
            { "emptyhash", new Dictionary<string, object>() },
        };
    }

    static string Hex(byte[] bytes)
    {
        return BitConverter.ToString(bytes).Replace("-", "").ToLower();
    }

    // Returns a value in the form that the tests compare.
    static string Rendered(object v)
    {
        if (v == null) return "u";
        if (v is string) return "t:" + Hex(Encoding.UTF8.GetBytes((string)v));
        if (v is byte[]) return "b:" + Hex((byte[])v);
        if (v is List<object>) return "l(" + string.Join(",", ((List<object>)v).Select(Rendered)) + ")";
        var entries = ((Dictionary<string, object>)v).Select(e => Hex(Encoding.UTF8.GetBytes(e.Key)) + "=" + Rendered(e.Value));
        return "h(" + string.Join(",", entries.OrderBy(e => e, StringComparer.Ordinal)) + ")";
    }
}
