package sessions;

import org.apache.axiom.soap.SOAP12Constants;
import org.apache.axis2.AxisFault;
import v1.session.memcached_soap.EntryList;
import v1.session.memcached_soap.GetSession;
import v1.session.memcached_soap.Session;
import v1.session.memcached_soap.SessionRef;
import v1.session.memcached_soap.SetSession;
import v1.session.memcached_soap.UpdateSession;

/** The calls that Axis2 makes long: its stub takes and returns one object for each message. */
final class Sessions {
  final SessionServiceStub stub;

  Sessions(String endpoint, String mode) throws AxisFault {
    stub = new SessionServiceStub(endpoint);
    if (mode.equals("soap12")) {
      stub._getServiceClient().getOptions().setSoapVersionURI(SOAP12Constants.SOAP_ENVELOPE_NAMESPACE_URI);
    }
  }

  Session get(String id) throws Exception {
    GetSession request = new GetSession();
    request.setId(id);
    return stub.getSession(request).getGetSessionResult();
  }

  SessionRef set(String id, EntryList attributes, int ttl, String version) throws Exception {
    SetSession request = new SetSession();
    request.setId(id);
    request.setAttributes(attributes);
    request.setTtl(ttl);
    request.setIfVersion(version);
    return stub.setSession(request).getSetSessionResult();
  }

  SessionRef update(String id, EntryList set, String version) throws Exception {
    UpdateSession request = new UpdateSession();
    request.setId(id);
    request.setSet(set);
    request.setIfVersion(version);
    return stub.updateSession(request).getUpdateSessionResult();
  }
}
