// Calls the service through the client that svcutil generates.
using System;
using System.Collections.Generic;
using System.Linq;
using System.ServiceModel;
using System.ServiceModel.Channels;
using System.Text;
using memcachedsoap.session.v1;

public class Sessions
{
    readonly SessionPortTypeClient service;

    public Sessions(string endpoint)
    {
        // The default quotas of WCF are 64 KiB and less.
        var binding = new BasicHttpBinding { MaxReceivedMessageSize = 64 << 20 };
        binding.ReaderQuotas.MaxStringContentLength = 64 << 20;
        binding.ReaderQuotas.MaxArrayLength = 64 << 20;
        binding.ReaderQuotas.MaxDepth = 600;
        Secure(binding);
        service = new SessionPortTypeClient(Mode(binding), new EndpointAddress(endpoint));
        AddCredentials();
    }

    // Makes the binding ask for a password or a certificate where WCF sends them itself.
    static void Secure(BasicHttpBinding binding)
    {
        switch (Credentials.Form)
        {
            case "basic-challenge":
                binding.Security.Mode = BasicHttpSecurityMode.TransportCredentialOnly; // with https: Transport
                binding.Security.Transport.ClientCredentialType = HttpClientCredentialType.Basic;
                break;
            case "certificate":
                binding.Security.Mode = BasicHttpSecurityMode.Transport;
                binding.Security.Transport.ClientCredentialType = HttpClientCredentialType.Certificate;
                break;
        }
    }

    void AddCredentials()
    {
        switch (Credentials.Form)
        {
            case "basic-challenge":
                service.ClientCredentials.UserName.UserName = Credentials.Name;
                service.ClientCredentials.UserName.Password = Credentials.Password;
                break;
            case "basic":
            case "bearer":
                service.Endpoint.Behaviors.Add(new Authorization(Credentials.Authorization));
                break;
            case "certificate":
                service.ClientCredentials.ClientCertificate.Certificate = Credentials.Certificate;
                break;
            case "usernametoken":
            case "usernametoken-digest":
                var digest = Credentials.Form == "usernametoken-digest";
                service.Endpoint.Behaviors.Add(new UsernameToken(Credentials.Name, Credentials.Password, digest));
                break;
        }
    }

    // Other message forms of WCF. The service accepts them at the same address.
    static Binding Mode(BasicHttpBinding binding)
    {
        switch (Environment.GetEnvironmentVariable("MODE"))
        {
            case "utf16":
                binding.TextEncoding = Encoding.Unicode;
                return binding;
            case "soap12":
                var version = MessageVersion.CreateVersion(EnvelopeVersion.Soap12, AddressingVersion.None);
                return new CustomBinding(
                    new TextMessageEncodingBindingElement(version, new UTF8Encoding(false)),
                    new HttpTransportBindingElement { MaxReceivedMessageSize = 64 << 20 });
            default:
                return binding;
        }
    }

    // Reads a session, and gives it a TTL if there is one. With typed numbers and booleans
    // have their type, otherwise they are text.
    public PlainSession Get(string id, int? ttl = null, bool typed = false)
    {
        var session = service.getSession(id, ttl, typed);
        return new PlainSession {
            Version = session.version, ExpiresIn = session.expiresIn, Attributes = Plain(session.attributes),
        };
    }

    // Stores a session that ends after lifetime seconds in any case, if there is none with
    // the id.
    public StoredSession Create(string id, Dictionary<string, object> attributes, int ttl, int lifetime)
    {
        return Stored(service.setSession(id, Entries(attributes), ttl, null, null, lifetime, id != null));
    }

    // Gives a session another id. With null the service makes it.
    public StoredSession Rename(string id, string newId)
    {
        return Stored(service.renameSession(id, newId, null));
    }

    static StoredSession Stored(SessionRef s)
    {
        return new StoredSession { Id = s.id, Version = s.version, ExpiresIn = s.expiresIn };
    }

    // Returns the id of the stored session.
    public string Set(string id, Dictionary<string, object> attributes, int? ttl, string ifVersion)
    {
        return service.setSession(id, Entries(attributes), ttl, ifVersion, null, null, null).id;
    }

    public void Update(string id, Dictionary<string, object> set, string ifVersion)
    {
        service.updateSession(id, Entries(set), null, null, ifVersion, null);
    }

    public int Touch(string id, int ttl) { return service.touchSession(id, ttl).expiresIn; }

    public int Count(params string[] ids)
    {
        var list = new IdList();
        list.AddRange(ids);
        return service.getSessions(list, null, null).Count;
    }

    public IList<string> Find(string principal) { return service.findSessions(principal, null); }

    public int Statistics() { return service.stats().service.Count; }

    public bool Delete(string id, string ifVersion) { return service.deleteSession(id, ifVersion); }

    // Returns the name of a typed fault and one of its fields, separated by a tab.
    public static string FaultOf(Exception e)
    {
        if (e is FaultException<SessionNotFoundFault>) return "SessionNotFoundFault\t" + ((FaultException<SessionNotFoundFault>)e).Detail.id;
        if (e is FaultException<InvalidSessionIdFault>) return "InvalidSessionIdFault\t" + ((FaultException<InvalidSessionIdFault>)e).Detail.id;
        if (e is FaultException<VersionConflictFault>) return "VersionConflictFault\t" + ((FaultException<VersionConflictFault>)e).Detail.id;
        if (e is FaultException<SessionDeletedFault>) return "SessionDeletedFault\t" + ((FaultException<SessionDeletedFault>)e).Detail.id;
        if (e is FaultException<SessionExistsFault>) return "SessionExistsFault\t" + ((FaultException<SessionExistsFault>)e).Detail.id;
        if (e is FaultException<PayloadTooLargeFault>) return "PayloadTooLargeFault\t" + ((FaultException<PayloadTooLargeFault>)e).Detail.limit;
        if (e is FaultException<UnreadableSessionFault>) return "UnreadableSessionFault\t" + ((FaultException<UnreadableSessionFault>)e).Detail.id;
        if (e is FaultException<StoreUnavailableFault>) return "StoreUnavailableFault\t" + ((FaultException<StoreUnavailableFault>)e).Detail.reason;
        throw e;
    }

    static EntryList Entries(Dictionary<string, object> map)
    {
        var entries = new EntryList();
        entries.AddRange(map.Select(e => {
            var i = ItemOf(e.Value);
            return new Entry { key = e.Key, value = i.value, binary = i.binary, hash = i.hash, list = i.list, undef = i.undef, type = i.type };
        }));
        return entries;
    }

    static Item ItemOf(object v)
    {
        if (v == null) return new Item { undef = true };
        if (v is string) return new Item { value = (string)v };
        if (v is byte[]) return new Item { binary = (byte[])v };
        if (Types.Of(v) != null) return new Item { value = Types.Text(v), type = Types.Of(v) };
        if (v is Dictionary<string, object>) return new Item { hash = Entries((Dictionary<string, object>)v) };
        var items = new ItemList();
        items.AddRange(((List<object>)v).Select(ItemOf));
        return new Item { list = items };
    }

    static Dictionary<string, object> Plain(EntryList entries)
    {
        return entries.ToDictionary(e => e.key, e => Plain(e.value, e.type, e.binary, e.hash, e.list));
    }

    static object Plain(string text, string type, byte[] bytes, EntryList hash, ItemList list)
    {
        if (text != null) return Types.Value(text, type);
        if (bytes != null) return bytes;
        if (hash != null) return Plain(hash);
        if (list != null) return list.Select(i => Plain(i.value, i.type, i.binary, i.hash, i.list)).ToList();
        return null;
    }
}
