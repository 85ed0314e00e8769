package memcachedsoap.session;

import jakarta.xml.ws.WebServiceException;
import jakarta.xml.ws.soap.SOAPFaultException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import memcachedsoap.session.soap.IdList;
import memcachedsoap.session.soap.InvalidSessionIdException;
import memcachedsoap.session.soap.PayloadTooLargeException;
import memcachedsoap.session.soap.Session;
import memcachedsoap.session.soap.SessionDeletedException;
import memcachedsoap.session.soap.SessionExistsException;
import memcachedsoap.session.soap.SessionNotFoundException;
import memcachedsoap.session.soap.SessionPortType;
import memcachedsoap.session.soap.StoreUnavailableException;
import memcachedsoap.session.soap.UnreadableSessionException;
import memcachedsoap.session.soap.VersionConflictException;

/**
 * The operations of the service in terms of stored values. Its threads share the connection.
 */
final class SoapSessions {
  private final SessionPortType port;

  SoapSessions(SessionPortType port) {
    this.port = port;
  }

  /** Reads a session and gives it a TTL; with null it keeps its expiry. */
  Content get(String id, Integer ttl) throws Refusal {
    return content(read(() -> port.getSession(id, ttl, true)));
  }

  List<Content> getAll(List<String> ids) throws Refusal {
    IdList list = new IdList();
    list.getId().addAll(ids);
    List<Content> sessions = new ArrayList<>();
    for (Session session : read(() -> port.getSessions(list, null, true)).getSession()) {
      sessions.add(content(session));
    }
    return sessions;
  }

  private static Content content(Session session) {
    return new Content(
        session.getId(), session.getVersion(), session.getExpiresIn(), Elements.attributes(session.getAttributes()));
  }

  /** Stores a session under an id that must be new. Returns its version. */
  String create(String id, Map<String, Object> attributes, int ttl, Integer lifetime) throws Refusal {
    return call(() -> port.setSession(id, Elements.entries(attributes), ttl, null, null, lifetime, true)).getVersion();
  }

  /** Changes a session; with a ttl of null it keeps its expiry. Returns the version. */
  String update(
      String id, Map<String, Object> set, Collection<String> remove, Integer ttl, Integer lifetime, String ifVersion)
      throws Refusal {
    return call(() ->
            port.updateSession(id, Elements.entries(set), Elements.keys(remove), ttl, ifVersion, lifetime))
        .getVersion();
  }

  void touch(String id, int ttl) throws Refusal {
    call(() -> port.touchSession(id, ttl));
  }

  String rename(String id, String newId) throws Refusal {
    return call(() -> port.renameSession(id, newId, null)).getVersion();
  }

  void delete(String id) throws Refusal {
    call(() -> port.deleteSession(id, null));
  }

  List<String> find(String principal, String attribute) throws Refusal {
    return read(() -> port.findSessions(principal, attribute)).getId();
  }

  List<String> deleteAll(String principal, String attribute) throws Refusal {
    return call(() -> port.deleteSessions(principal, attribute)).getId();
  }

  /** Calls an operation that changes nothing but the expiry, once more if the kept connection was closed. */
  private static <T> T read(Callable<T> operation) throws Refusal {
    try {
      return call(operation);
    } catch (SessionUnavailableException e) {
      if (!isClosed(e)) {
        throw e;
      }
      return call(operation);
    }
  }

  private static boolean isClosed(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof java.net.ConnectException) {
        return false;
      }
      if (cause instanceof SocketException) {
        return true;
      }
    }
    return false;
  }

  private static <T> T call(Callable<T> operation) throws Refusal {
    try {
      return operation.call();
    } catch (SessionNotFoundException e) {
      throw new Refusal(Refusal.Reason.ABSENT, "the session does not exist", e);
    } catch (SessionDeletedException e) {
      throw new Refusal(Refusal.Reason.DELETED, "the session was logged out meanwhile", e);
    } catch (InvalidSessionIdException e) {
      throw new Refusal(Refusal.Reason.ABSENT, "the id is not valid: " + e.getFaultInfo().getReason(), e);
    } catch (SessionExistsException e) {
      throw new Refusal(Refusal.Reason.EXISTS, "the session exists", e);
    } catch (VersionConflictException e) {
      throw new Refusal(Refusal.Reason.CONFLICT, "another program has changed the session", e);
    } catch (UnreadableSessionException e) {
      throw new Refusal(
          Refusal.Reason.UNREADABLE, "the session is not readable: " + e.getFaultInfo().getReason(), e);
    } catch (PayloadTooLargeException e) {
      throw new Refusal(
          Refusal.Reason.TOO_LARGE,
          "it has " + e.getFaultInfo().getActual() + " bytes, the limit is " + e.getFaultInfo().getLimit(),
          e);
    } catch (StoreUnavailableException e) {
      Integer seconds = e.getFaultInfo().getRetryAfter();
      String text = "the store of the sessions does not answer: " + e.getFaultInfo().getReason();
      throw new SessionUnavailableException(text, seconds == null ? 0 : seconds, e);
    } catch (SOAPFaultException e) {
      throw fault(e);
    } catch (WebServiceException e) {
      throw new SessionUnavailableException("the session service does not answer: " + reason(e), 0, e);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new SessionException("the session service has an operation that this client does not know", e);
    }
  }

  /** A fault without a type: of the client it names what the client has done wrong. */
  private static SessionException fault(SOAPFaultException e) {
    String code = e.getFault().getFaultCode();
    String text = e.getFault().getFaultString();
    if (code != null && (code.endsWith("Client") || code.endsWith("Sender"))) {
      return new SessionException("the session service refuses the call: " + text, e);
    }
    return new SessionUnavailableException("the session service has failed: " + text, 0, e);
  }

  private static String reason(Throwable e) {
    String text = null;
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      text = cause.getClass().getSimpleName() + (cause.getMessage() == null ? "" : ": " + cause.getMessage());
    }
    return text;
  }
}
