// Calls the service through the proxy that wsdl generates. ASMX has no typed
// faults: the detail of a SoapException is XML.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text;
using System.Web.Services.Protocols;
using Generated;

// Adds the header Authorization to each request. The proxy itself sends a password only
// after the service has answered 401, and no key.
public class Service : SessionService
{
    protected override WebRequest GetWebRequest(Uri uri)
    {
        var request = base.GetWebRequest(uri);
        if (global::Credentials.Authorization != null)
            request.Headers["Authorization"] = global::Credentials.Authorization;
        return request;
    }
}

public class Sessions
{
    readonly SessionService service;

    public Sessions(string endpoint)
    {
        service = new Service { Url = endpoint };
        switch (Credentials.Form)
        {
            case "basic-challenge": service.Credentials = Credentials.Login; break;
            case "certificate": service.ClientCertificates.Add(Credentials.Certificate); break;
        }
        switch (Environment.GetEnvironmentVariable("MODE"))
        {
            case "soap12": service.SoapVersion = SoapProtocolVersion.Soap12; break;
            case "utf16": service.RequestEncoding = Encoding.Unicode; break;
            case "latin1": service.RequestEncoding = Encoding.GetEncoding("iso-8859-1"); break;
            case "gzip": service.EnableDecompression = true; break;
        }
    }

    public PlainSession Get(string id)
    {
        var session = service.getSession(id);
        return new PlainSession { Version = session.version, Attributes = Plain(session.attributes) };
    }

    // Returns the id of the stored session.
    public string Set(string id, Dictionary<string, object> attributes, int? ttl, string ifVersion)
    {
        return service.setSession(id, Entries(attributes), ttl, ifVersion, null).id;
    }

    public void Update(string id, Dictionary<string, object> set, string ifVersion)
    {
        service.updateSession(id, Entries(set), null, null, ifVersion);
    }

    public int Touch(string id, int ttl) { return service.touchSession(id, ttl).expiresIn; }

    public int Count(params string[] ids) { return service.getSessions(ids).Length; }

    public IList<string> Find(string principal) { return service.findSessions(principal, null); }

    public int Statistics() { return service.stats().service.Length; }

    public bool Delete(string id) { return service.deleteSession(id); }

    // Returns the name of a typed fault and one of its fields, separated by a tab.
    public static string FaultOf(Exception e)
    {
        var detail = ((SoapException)e).Detail.FirstChild;
        var field = new[] { "id", "limit", "reason" }.Select(name => detail[name]).First(f => f != null);
        return detail.LocalName + "\t" + field.InnerText;
    }

    static Entry[] Entries(Dictionary<string, object> map)
    {
        return map.Select(e => {
            var i = ItemOf(e.Value);
            return new Entry {
                key = e.Key, value = i.value, binary = i.binary, hash = i.hash, list = i.list,
                undef = i.undef, undefSpecified = i.undefSpecified,
            };
        }).ToArray();
    }

    static Item ItemOf(object v)
    {
        if (v == null) return new Item { undef = true, undefSpecified = true };
        if (v is string) return new Item { value = (string)v };
        if (v is byte[]) return new Item { binary = (byte[])v };
        if (v is List<object>) return new Item { list = ((List<object>)v).Select(ItemOf).ToArray() };
        return new Item { hash = Entries((Dictionary<string, object>)v) };
    }

    static Dictionary<string, object> Plain(Entry[] entries)
    {
        return entries.ToDictionary(e => e.key, e => Plain(e.value, e.binary, e.hash, e.list));
    }

    static object Plain(string text, byte[] bytes, Entry[] hash, Item[] list)
    {
        if (text != null) return text;
        if (bytes != null) return bytes;
        if (hash != null) return Plain(hash);
        if (list != null) return list.Select(i => Plain(i.value, i.binary, i.hash, i.list)).ToList();
        return null;
    }
}
