package sessions;

import java.util.List;
import org.apache.axiom.soap.SOAP12Constants;
import org.apache.axis2.AxisFault;
import org.apache.axis2.client.Options;
import org.apache.axis2.context.NamedValue;
import org.apache.axis2.kernel.http.HTTPConstants;
import org.apache.axis2.transport.http.impl.httpclient4.HttpTransportPropertiesImpl;
import v1.session.memcached_soap.DeleteSession;
import v1.session.memcached_soap.EntryList;
import v1.session.memcached_soap.GetSession;
import v1.session.memcached_soap.RenameSession;
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
    addCredentials(stub._getServiceClient().getOptions());
  }

  private static void addCredentials(Options options) {
    switch (Credentials.form()) {
      case "basic-challenge" -> {
        var login = new HttpTransportPropertiesImpl.Authenticator();
        login.setUsername(Credentials.name());
        login.setPassword(Credentials.password());
        login.setAllowedRetry(true); // otherwise Axis2 cannot send the message again
        options.setProperty(HTTPConstants.AUTHENTICATE, login);
      }
      case "basic", "bearer" ->
          options.setProperty(
              HTTPConstants.HTTP_HEADERS, List.of(new NamedValue("Authorization", Credentials.authorization())));
      default -> {}
    }
  }

  Session get(String id) throws Exception {
    GetSession request = new GetSession();
    request.setId(id);
    return stub.getSession(request).getGetSessionResult();
  }

  /** Reads numbers with their type, and gives the session a TTL if it is not 0. */
  Session typed(String id, int ttl) throws Exception {
    GetSession request = new GetSession();
    request.setId(id);
    request.setTtl(ttl);
    request.setTyped(true);
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

  /** Stores a session that ends after some seconds in any case, if there is none with the id. */
  SessionRef create(String id, EntryList attributes, int ttl, int lifetime) throws Exception {
    SetSession request = new SetSession();
    request.setId(id);
    request.setAttributes(attributes);
    request.setTtl(ttl);
    request.setLifetime(lifetime);
    request.setOnlyNew(id != null);
    return stub.setSession(request).getSetSessionResult();
  }

  /** Gives a session another id. With null the service makes it. */
  SessionRef rename(String id, String newId) throws Exception {
    RenameSession request = new RenameSession();
    request.setId(id);
    request.setNewId(newId);
    return stub.renameSession(request).getRenameSessionResult();
  }

  boolean delete(String id, String version) throws Exception {
    DeleteSession request = new DeleteSession();
    request.setId(id);
    request.setIfVersion(version);
    return stub.deleteSession(request).getDeleteSessionResult();
  }

  SessionRef update(String id, EntryList set, String version) throws Exception {
    UpdateSession request = new UpdateSession();
    request.setId(id);
    request.setSet(set);
    request.setIfVersion(version);
    return stub.updateSession(request).getUpdateSessionResult();
  }
}
