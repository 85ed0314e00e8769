package sessions;

import java.util.List;

/** Calls every operation: the life of one session. */
final class Walk {
  static void walk(SessionPortType sessions, String id) throws Exception {
    // Attributes are a list of entries, each with a key and one kind of value.
    EntryList attributes = new EntryList();
    attributes.getEntry().add(Values.entry("uid", "dwho"));
    attributes.getEntry().add(Values.entry("roles", List.of("traveller", "doctor")));
    sessions.setSession(id, attributes, 3600, null, null);
    System.out.println("set\t" + id);

    Session session = sessions.getSession(id);
    for (Entry entry : session.getAttributes().getEntry()) {
      if (entry.getKey().equals("uid")) {
        System.out.println("get\t" + entry.getValue());
      }
    }

    // Change one attribute only if the session has not been modified since it was read.
    EntryList set = new EntryList();
    set.getEntry().add(Values.entry("mood", "good"));
    sessions.updateSession(id, set, null, null, session.getVersion());
    System.out.println("update\tok");
    try {
      sessions.updateSession(id, set, null, null, session.getVersion());
    } catch (VersionConflictException e) {
      System.out.println("conflict\t" + e.getFaultInfo().getId());
    }

    SessionRef touched = sessions.touchSession(id, 600);
    System.out.println("touch\t" + touched.getExpiresIn());

    IdList ids = new IdList();
    ids.getId().addAll(List.of(id, "f".repeat(32)));
    System.out.println("batch\t" + sessions.getSessions(ids).getSession().size());

    IdList found = sessions.findSessions("dwho", null);
    System.out.println("find\t" + (found.getId().contains(id) ? 1 : 0));

    StatsReport report = sessions.stats();
    System.out.println("stats\t" + (report.getService().getStat().isEmpty() ? 0 : 1));

    System.out.println("delete\t" + sessions.deleteSession(id));
    try {
      sessions.getSession(id);
    } catch (SessionNotFoundException e) {
      System.out.println("notfound\t" + e.getFaultInfo().getId());
    }

    // Without an id the service creates one.
    System.out.println("new\t" + sessions.setSession(null, attributes, 60, null, null).getId());
  }

  private Walk() {}
}
