package sessions;

import java.util.List;
import java.util.Map;

/**
 * Usage: Main WSDL_URL walk|read|write|writetext|writebig|writecontrol ID, or Main WSDL_URL fault KIND ID.
 */
public final class Main {
  public static void main(String[] args) throws Exception {
    Sessions sessions = new Sessions(args[0]);
    String id = args[args.length - 1];
    switch (args[1]) {
      case "walk" -> Walk.walk(sessions, id);
      case "fault" -> System.out.println(fault(sessions, args[2], id));
      case "read" -> Fixture.print(Sessions.map(Sessions.get(sessions.call("getSession", id, null, true), "attributes")));
      default -> sessions.call("setSession", id, Sessions.hash(Fixture.of(args[1])), 3600, null, false, null, null);
    }
    System.exit(0); // threads of CXF keep the program alive for a while otherwise
  }

  /** Makes a call that fails, and returns the name and a field of its fault. */
  private static String fault(Sessions sessions, String kind, String id) throws Exception {
    Map<String, String> one = Map.of("a", kind.equals("toolarge") ? "x".repeat(1_200_000) : "1");
    String version = kind.equals("conflict") ? "AAAA" : null;
    try {
      if (List.of("conflict", "deleted", "toolarge").contains(kind)) {
        sessions.call("setSession", id, Sessions.hash(one), 0, version, false, null, null);
      } else {
        sessions.call("getSession", id, null, null);
      }
    } catch (Exception e) {
      String[] fault = Sessions.fault(e, "id", "limit", "reason");
      return fault == null ? e.getMessage() : String.join("\t", fault);
    }
    return "no fault";
  }

  private Main() {}
}
