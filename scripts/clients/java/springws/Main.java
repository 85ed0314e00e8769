package sessions;

import java.util.List;
import java.util.Map;

/**
 * Usage: Main WSDL_URL walk|read|write|writetext|writebig|writecontrol ID, or Main WSDL_URL fault KIND ID.
 */
public final class Main {
  public static void main(String[] args) {
    Credentials.answerChallenge();
    Sessions sessions = new Sessions(args[0].replace("?wsdl", ""));
    String id = args[args.length - 1];
    switch (args[1]) {
      case "walk" -> Walk.walk(sessions, id);
      case "fault" -> System.out.println(fault(sessions, args[2], id));
      case "read" -> Fixture.print(Values.map(read(sessions, id).getAttributes()));
      default -> write(sessions, id, Fixture.of(args[1]), null);
    }
  }

  private static Session read(Sessions sessions, String id) {
    GetSession get = new GetSession();
    get.setId(id);
    get.setTyped(true);
    return sessions.call(get, GetSessionResponse.class).getGetSessionResult();
  }

  private static void write(Sessions sessions, String id, Map<String, ?> attributes, String version) {
    SetSession set = new SetSession();
    set.setId(id);
    set.setAttributes(Values.hash(attributes));
    set.setIfVersion(version);
    sessions.call(set, SetSessionResponse.class);
  }

  /** Makes a call that fails, and returns the name and a field of its fault. */
  private static String fault(Sessions sessions, String kind, String id) {
    Map<String, String> one = Map.of("a", kind.equals("toolarge") ? "x".repeat(1_200_000) : "1");
    try {
      if (List.of("conflict", "deleted", "toolarge").contains(kind)) {
        write(sessions, id, one, kind.equals("conflict") ? "AAAA" : null);
      } else {
        read(sessions, id);
      }
      return "no fault";
    } catch (Sessions.FaultException e) {
      return e.detail.getClass().getSimpleName() + "\t" + detail(e.detail);
    }
  }

  private static Object detail(Object fault) {
    if (fault instanceof SessionNotFoundFault f) {
      return f.getId();
    } else if (fault instanceof InvalidSessionIdFault f) {
      return f.getId();
    } else if (fault instanceof VersionConflictFault f) {
      return f.getId();
    } else if (fault instanceof SessionDeletedFault f) {
      return f.getId();
    } else if (fault instanceof PayloadTooLargeFault f) {
      return f.getLimit();
    } else if (fault instanceof UnreadableSessionFault f) {
      return f.getId();
    }
    return ((StoreUnavailableFault) fault).getReason();
  }

  private Main() {}
}
