using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using System.Xml.Linq;

namespace MemcachedSoap.Sessions
{
    /// <summary>The status and the body of an answer.</summary>
    public sealed class HttpAnswer
    {
        /// <summary>The HTTP status.</summary>
        public int Status;

        /// <summary>The bytes of the body.</summary>
        public byte[] Body;
    }

    /// <summary>Sends requests to the service.</summary>
    public interface ITransport
    {
        /// <summary>
        /// Posts a message. Every status is an answer; no answer within the timeout is a
        /// SessionUnavailableException.
        /// </summary>
        Task<HttpAnswer> Post(string soapAction, byte[] message, CancellationToken cancel);
    }

    /// <summary>A session as the service returned it.</summary>
    sealed class WireSession
    {
        public string Version;
        public SortedDictionary<string, Node> Attributes;
    }

    /// <summary>
    /// Calls the operations of the service. A fault is a ServiceFaultException or a
    /// SessionUnavailableException. Times are in seconds. It is safe for several threads.
    /// </summary>
    sealed class SessionClient
    {
        readonly ITransport transport;

        public SessionClient(ITransport transport) { this.transport = transport; }

        /// <summary>Reads a session and gives it a time to live, in one call.</summary>
        public async Task<WireSession> Get(string id, int ttl, CancellationToken cancel)
        {
            var request = new Envelope("getSession").Add("id", id);
            if (ttl != 0) request.Add("ttl", ttl);
            var result = await Call(request.Add("typed", "true"), cancel).ConfigureAwait(false);
            var attributes = result == null ? null : result.Elements().FirstOrDefault(e => e.Name.LocalName == "attributes");
            if (attributes == null) throw new SessionException("The service sent a session without attributes.");
            return new WireSession { Version = Answer.Child(result, "version"), Attributes = Node.ReadEntries(attributes) };
        }

        /// <summary>Stores a session under an id that no session has, and returns its version.</summary>
        public async Task<string> Create(string id, IDictionary<string, Node> attributes, int ttl, int lifetime, CancellationToken cancel)
        {
            var request = new Envelope("setSession").Add("id", id).Add("attributes", attributes).Add("ttl", ttl);
            if (lifetime > 0) request.Add("lifetime", lifetime);
            return Version(await Call(request.Add("onlyNew", "true"), cancel).ConfigureAwait(false));
        }

        /// <summary>Sets and removes attributes and returns the new version.</summary>
        public async Task<string> Update(string id, Change change, int ttl, int lifetime, string ifVersion, CancellationToken cancel)
        {
            var request = new Envelope("updateSession").Add("id", id).Add("set", change.Set)
                .AddNames("remove", change.Remove).Add("ttl", ttl).Add("ifVersion", ifVersion);
            if (lifetime > 0) request.Add("lifetime", lifetime);
            return Version(await Call(request, cancel).ConfigureAwait(false));
        }

        public Task Touch(string id, int ttl, CancellationToken cancel)
        {
            return Call(new Envelope("touchSession").Add("id", id).Add("ttl", ttl), cancel);
        }

        /// <summary>Gives a session another id and returns its version.</summary>
        public async Task<string> Rename(string id, string newId, CancellationToken cancel)
        {
            return Version(await Call(new Envelope("renameSession").Add("id", id).Add("newId", newId), cancel).ConfigureAwait(false));
        }

        public Task Delete(string id, CancellationToken cancel)
        {
            return Call(new Envelope("deleteSession").Add("id", id), cancel);
        }

        /// <summary>Deletes all sessions of a user and returns their number.</summary>
        public async Task<int> DeleteAll(string principal, CancellationToken cancel)
        {
            var result = await Call(new Envelope("deleteSessions").Add("principal", principal), cancel).ConfigureAwait(false);
            return result == null ? 0 : result.Elements().Count();
        }

        async Task<XElement> Call(Envelope request, CancellationToken cancel)
        {
            var action = Envelope.Namespace + "#" + request.Operation;
            var answer = await transport.Post(action, request.Bytes(), cancel).ConfigureAwait(false);
            return Answer.Result(request.Operation, answer);
        }

        static string Version(XElement result) { return result == null ? null : Answer.Child(result, "version"); }
    }

    /// <summary>The attributes that a request set and removed, under their stored names.</summary>
    sealed class Change
    {
        public readonly SortedDictionary<string, Node> Set = new SortedDictionary<string, Node>(StringComparer.Ordinal);
        public readonly List<string> Remove = new List<string>();

        public bool IsEmpty { get { return Set.Count == 0 && Remove.Count == 0; } }

        public bool Contains(string stored) { return Set.ContainsKey(stored) || Remove.Contains(stored); }
    }
}
