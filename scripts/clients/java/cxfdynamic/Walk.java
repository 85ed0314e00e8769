package sessions;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Calls every operation: the life of one session. */
final class Walk {
  static void walk(Sessions sessions, String id) throws Exception {
    // With onlyNew, the last element, the service stores the session only if there is none
    // with the id. It ends after two hours in any case.
    Object attributes =
        Sessions.hash(Map.of("uid", "dwho", "roles", List.of("traveller", "doctor"), "visits", 1L));
    sessions.call("setSession", id, attributes, 3600, null, false, 7200, true);
    System.out.println("set\t" + id);
    try {
      sessions.call("setSession", id, attributes, 3600, null, false, 7200, true);
    } catch (Exception e) {
      print("exists", "SessionExistsFault", e);
    }

    Object session = sessions.call("getSession", id, null, null);
    System.out.println("get\t" + Sessions.map(Sessions.get(session, "attributes")).get("uid"));

    // Change one attribute only if the session has not been modified since it was read.
    Object set = Sessions.hash(Map.of("mood", "good"));
    String version = Sessions.get(session, "version");
    sessions.call("updateSession", id, set, null, 0, version, null);
    System.out.println("update\tok");
    try {
      sessions.call("updateSession", id, set, null, 0, version, null);
    } catch (Exception e) {
      print("conflict", "VersionConflictFault", e);
    }

    Object touched = sessions.call("touchSession", id, 600);
    System.out.println("touch\t" + Sessions.get(touched, "expiresIn"));

    // Read the session and give it 15 minutes in one call. Numbers have a type.
    Object used = sessions.call("getSession", id, 900, true);
    for (Object entry : Sessions.<List<?>>get(Sessions.get(used, "attributes"), "entry")) {
      if (Sessions.get(entry, "key").equals("visits")) {
        System.out.println("typed\t" + Sessions.get(entry, "type"));
      }
    }
    System.out.println("ttl\t" + Sessions.get(used, "expiresIn"));

    Object ids = Sessions.make("IdList");
    Sessions.<Collection<Object>>get(ids, "id").addAll(List.of(id, "f".repeat(32)));
    Object several = sessions.call("getSessions", ids, null, null);
    System.out.println("batch\t" + Sessions.<List<?>>get(several, "session").size());

    Object found = sessions.call("findSessions", "dwho", null);
    System.out.println("find\t" + (Sessions.<List<?>>get(found, "id").contains(id) ? 1 : 0));

    Object service = Sessions.get(sessions.call("stats"), "service");
    System.out.println("stats\t" + (Sessions.<List<?>>get(service, "stat").isEmpty() ? 0 : 1));

    // A login gives the session another id, of the program or of the service.
    String chosen = Sessions.get(sessions.call("renameSession", id, id + "0", null), "id");
    System.out.println("rename\t" + chosen);
    Object made = sessions.call("renameSession", chosen, null, null);
    String newId = Sessions.get(made, "id");
    System.out.println("renamed\t" + newId);

    // Delete it only if nobody has changed it.
    try {
      sessions.call("deleteSession", newId, version);
    } catch (Exception e) {
      print("kept", "VersionConflictFault", e);
    }
    String current = Sessions.get(made, "version");
    System.out.println("delete\t" + sessions.call("deleteSession", newId, current));
    try {
      sessions.call("getSession", id, null, null);
    } catch (Exception e) {
      print("notfound", "SessionNotFoundFault", e);
    }

    // Without an id the service creates one. The session ends after two minutes: a ttl that
    // is longer than the lifetime is cut.
    Object stored = sessions.call("setSession", null, attributes, 3600, null, false, 120, null);
    System.out.println("new\t" + Sessions.get(stored, "id"));
    System.out.println("lifetime\t" + Sessions.get(stored, "expiresIn"));
  }

  private static void print(String step, String name, Exception e) throws Exception {
    String[] fault = Sessions.fault(e, "id");
    if (fault != null && fault[0].equals(name)) {
      System.out.println(step + "\t" + fault[1]);
    }
  }

  private Walk() {}
}
