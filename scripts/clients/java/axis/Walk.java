package sessions;

import java.util.Arrays;
import java.util.List;

/** Calls every operation: the life of one session. */
final class Walk {
  static void walk(SessionPortType sessions, String id) throws Exception {
    // Axis cannot leave out ttl and updateOnly: 0 and false mean that they are not given. It
    // can leave out what is newer. With onlyNew the service stores the session only if there
    // is none with the id. It ends after two hours in any case.
    Entry[] attributes = {
      Values.entry("uid", "dwho"),
      Values.entry("roles", List.of("traveller", "doctor")),
      Values.entry("visits", 1L)
    };
    sessions.setSession(id, attributes, 3600, null, false, 7200, true);
    System.out.println("set\t" + id);
    try {
      sessions.setSession(id, attributes, 3600, null, false, 7200, true);
    } catch (SessionExistsFault e) {
      System.out.println("exists\t" + e.getId());
    }

    Session session = sessions.getSession(id, null, null);
    for (Entry entry : session.getAttributes()) {
      if (entry.getKey().equals("uid")) {
        System.out.println("get\t" + entry.getValue());
      }
    }

    // Change one attribute only if the session has not been modified since it was read.
    Entry[] set = {Values.entry("mood", "good")};
    sessions.updateSession(id, set, null, 0, session.getVersion(), null);
    System.out.println("update\tok");
    try {
      sessions.updateSession(id, set, null, 0, session.getVersion(), null);
    } catch (VersionConflictFault e) {
      System.out.println("conflict\t" + e.getId());
    }

    SessionRef touched = sessions.touchSession(id, 600);
    System.out.println("touch\t" + touched.getExpiresIn());

    // Read the session and give it 15 minutes in one call. Numbers have a type.
    Session used = sessions.getSession(id, 900, true);
    for (Entry entry : used.getAttributes()) {
      if (entry.getKey().equals("visits")) {
        System.out.println("typed\t" + entry.getType());
      }
    }
    System.out.println("ttl\t" + used.getExpiresIn());

    String[] ids = {id, "f".repeat(32)};
    System.out.println("batch\t" + sessions.getSessions(ids, null, null).length);

    List<String> found = Arrays.asList(sessions.findSessions("dwho", null));
    System.out.println("find\t" + (found.contains(id) ? 1 : 0));

    StatsReport report = sessions.stats();
    System.out.println("stats\t" + (report.getService().length == 0 ? 0 : 1));

    // A login gives the session another id, of the program or of the service.
    SessionRef chosen = sessions.renameSession(id, id + "0", null);
    System.out.println("rename\t" + chosen.getId());
    SessionRef made = sessions.renameSession(chosen.getId(), null, null);
    System.out.println("renamed\t" + made.getId());

    // Delete it only if nobody has changed it.
    try {
      sessions.deleteSession(made.getId(), session.getVersion());
    } catch (VersionConflictFault e) {
      System.out.println("kept\t" + e.getId());
    }
    System.out.println("delete\t" + sessions.deleteSession(made.getId(), made.getVersion()));
    try {
      sessions.getSession(id, null, null);
    } catch (SessionNotFoundFault e) {
      System.out.println("notfound\t" + e.getId());
    }

    // Without an id the service creates one. The session ends after two minutes: a ttl that
    // is longer than the lifetime is cut.
    SessionRef stored = sessions.setSession(null, attributes, 3600, null, false, 120, null);
    System.out.println("new\t" + stored.getId());
    System.out.println("lifetime\t" + stored.getExpiresIn());
  }

  private Walk() {}
}
