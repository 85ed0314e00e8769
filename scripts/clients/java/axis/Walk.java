package sessions;

import java.util.Arrays;
import java.util.List;

/** Calls every operation: the life of one session. */
final class Walk {
  static void walk(SessionPortType sessions, String id) throws Exception {
    // Axis cannot leave out numbers and booleans: 0 and false mean that they are not given.
    Entry[] attributes = {
      Values.entry("uid", "dwho"), Values.entry("roles", List.of("traveller", "doctor"))
    };
    sessions.setSession(id, attributes, 3600, null, false);
    System.out.println("set\t" + id);

    Session session = sessions.getSession(id);
    for (Entry entry : session.getAttributes()) {
      if (entry.getKey().equals("uid")) {
        System.out.println("get\t" + entry.getValue());
      }
    }

    // Change one attribute only if the session has not been modified since it was read.
    Entry[] set = {Values.entry("mood", "good")};
    sessions.updateSession(id, set, null, 0, session.getVersion());
    System.out.println("update\tok");
    try {
      sessions.updateSession(id, set, null, 0, session.getVersion());
    } catch (VersionConflictFault e) {
      System.out.println("conflict\t" + e.getId());
    }

    SessionRef touched = sessions.touchSession(id, 600);
    System.out.println("touch\t" + touched.getExpiresIn());

    System.out.println("batch\t" + sessions.getSessions(new String[] {id, "f".repeat(32)}).length);

    List<String> found = Arrays.asList(sessions.findSessions("dwho", null));
    System.out.println("find\t" + (found.contains(id) ? 1 : 0));

    StatsReport report = sessions.stats();
    System.out.println("stats\t" + (report.getService().length == 0 ? 0 : 1));

    System.out.println("delete\t" + sessions.deleteSession(id));
    try {
      sessions.getSession(id);
    } catch (SessionNotFoundFault e) {
      System.out.println("notfound\t" + e.getId());
    }

    // Without an id the service creates one.
    System.out.println("new\t" + sessions.setSession(null, attributes, 60, null, false).getId());
  }

  private Walk() {}
}
