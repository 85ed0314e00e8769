package sessions;

import java.net.URI;
import java.rmi.RemoteException;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import org.apache.axis.client.Stub;
import org.apache.axis.transport.http.HTTPConstants;

/**
 * Usage: Main WSDL_URL walk|read|write|writetext|writebig|writecontrol ID, or Main WSDL_URL fault KIND ID.
 */
public final class Main {
  public static void main(String[] args) throws Exception {
    String endpoint = args[0].replace("?wsdl", "");
    SessionPortType sessions = new SessionServiceLocator().getSessionPort(URI.create(endpoint).toURL());
    addCredentials((Stub) sessions);
    String id = args[args.length - 1];
    switch (args[1]) {
      case "walk" -> Walk.walk(sessions, id);
      case "fault" -> System.out.println(fault(sessions, args[2], id));
      case "read" -> Fixture.print(Values.map(sessions.getSession(id, null, true).getAttributes()));
      default -> sessions.setSession(id, Values.hash(Fixture.of(args[1])), 3600, null, false, null, null);
    }
  }

  private static void addCredentials(Stub stub) {
    switch (Credentials.form()) {
      case "basic" -> {
        stub.setUsername(Credentials.name());
        stub.setPassword(Credentials.password());
      }
      case "bearer" -> {
        Hashtable<String, String> headers = new Hashtable<>();
        headers.put("Authorization", Credentials.authorization());
        stub._setProperty(HTTPConstants.REQUEST_HEADERS, headers);
      }
      default -> {}
    }
  }

  /** Makes a call that fails, and returns the name and a field of its fault. */
  private static String fault(SessionPortType sessions, String kind, String id) throws RemoteException {
    Map<String, String> one = Map.of("a", kind.equals("toolarge") ? "x".repeat(1_200_000) : "1");
    String version = kind.equals("conflict") ? "AAAA" : null;
    try {
      if (List.of("conflict", "deleted", "toolarge").contains(kind)) {
        sessions.setSession(id, Values.hash(one), 0, version, false, null, null);
      } else {
        sessions.getSession(id, null, null);
      }
    } catch (SessionNotFoundFault e) {
      return "SessionNotFoundFault\t" + e.getId();
    } catch (InvalidSessionIdFault e) {
      return "InvalidSessionIdFault\t" + e.getId();
    } catch (VersionConflictFault e) {
      return "VersionConflictFault\t" + e.getId();
    } catch (SessionDeletedFault e) {
      return "SessionDeletedFault\t" + e.getId();
    } catch (PayloadTooLargeFault e) {
      return "PayloadTooLargeFault\t" + e.getLimit();
    } catch (UnreadableSessionFault e) {
      return "UnreadableSessionFault\t" + e.getId();
    } catch (StoreUnavailableFault e) {
      return "StoreUnavailableFault\t" + e.getReason();
    }
    return "no fault";
  }

  private Main() {}
}
