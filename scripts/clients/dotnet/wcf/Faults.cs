// The typed faults in the form that Microsoft's svcutil generates.
using System.Runtime.Serialization;

namespace memcachedsoap.session.v1
{
    [DataContract(Namespace = "urn:memcached-soap:session:v1")]
    public class SessionNotFoundFault
    {
        [DataMember(Order = 0)] public string id;
    }

    [DataContract(Namespace = "urn:memcached-soap:session:v1")]
    public class InvalidSessionIdFault
    {
        [DataMember(Order = 0)] public string id;
        [DataMember(Order = 1)] public string reason;
    }

    [DataContract(Namespace = "urn:memcached-soap:session:v1")]
    public class VersionConflictFault
    {
        [DataMember(Order = 0)] public string id;
        [DataMember(Order = 1)] public string currentVersion;
    }

    [DataContract(Namespace = "urn:memcached-soap:session:v1")]
    public class SessionDeletedFault
    {
        [DataMember(Order = 0)] public string id;
    }

    [DataContract(Namespace = "urn:memcached-soap:session:v1")]
    public class SessionExistsFault
    {
        [DataMember(Order = 0)] public string id;
    }

    [DataContract(Namespace = "urn:memcached-soap:session:v1")]
    public class PayloadTooLargeFault
    {
        [DataMember(Order = 0)] public long limit;
        [DataMember(Order = 1)] public long actual;
    }

    [DataContract(Namespace = "urn:memcached-soap:session:v1")]
    public class UnreadableSessionFault
    {
        [DataMember(Order = 0)] public string id;
        [DataMember(Order = 1)] public string reason;
    }

    [DataContract(Namespace = "urn:memcached-soap:session:v1")]
    public class StoreUnavailableFault
    {
        [DataMember(Order = 0)] public string reason;
        [DataMember(Order = 1)] public int? retryAfter;
    }
}
