package sessions;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Calls every operation: the life of one session. */
final class Walk {
  static void walk(Sessions sessions, String id) throws Exception {
    Object attributes = Sessions.hash(Map.of("uid", "dwho", "roles", List.of("traveller", "doctor")));
    sessions.call("setSession", id, attributes, 3600, null, false);
    System.out.println("set\t" + id);

    Object session = sessions.call("getSession", id);
    System.out.println("get\t" + Sessions.map(Sessions.get(session, "attributes")).get("uid"));

    // Change one attribute only if the session has not been modified since it was read.
    Object set = Sessions.hash(Map.of("mood", "good"));
    String version = Sessions.get(session, "version");
    sessions.call("updateSession", id, set, null, 0, version);
    System.out.println("update\tok");
    try {
      sessions.call("updateSession", id, set, null, 0, version);
    } catch (Exception e) {
      print("conflict", "VersionConflictFault", e);
    }

    Object touched = sessions.call("touchSession", id, 600);
    System.out.println("touch\t" + Sessions.get(touched, "expiresIn"));

    Object ids = Sessions.make("IdList");
    Sessions.<Collection<Object>>get(ids, "id").addAll(List.of(id, "f".repeat(32)));
    Object several = sessions.call("getSessions", ids);
    System.out.println("batch\t" + Sessions.<List<?>>get(several, "session").size());

    Object found = sessions.call("findSessions", "dwho", null);
    System.out.println("find\t" + (Sessions.<List<?>>get(found, "id").contains(id) ? 1 : 0));

    Object service = Sessions.get(sessions.call("stats"), "service");
    System.out.println("stats\t" + (Sessions.<List<?>>get(service, "stat").isEmpty() ? 0 : 1));

    System.out.println("delete\t" + sessions.call("deleteSession", id));
    try {
      sessions.call("getSession", id);
    } catch (Exception e) {
      print("notfound", "SessionNotFoundFault", e);
    }

    // Without an id the service creates one.
    Object stored = sessions.call("setSession", null, attributes, 60, null, false);
    System.out.println("new\t" + Sessions.get(stored, "id"));
  }

  private static void print(String step, String name, Exception e) throws Exception {
    String[] fault = Sessions.fault(e, "id");
    if (fault != null && fault[0].equals(name)) {
      System.out.println(step + "\t" + fault[1]);
    }
  }

  private Walk() {}
}
