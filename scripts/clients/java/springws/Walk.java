package sessions;

import java.util.List;

/** Calls every operation: the life of one session. */
final class Walk {
  static void walk(Sessions sessions, String id) {
    // Attributes are a list of entries, each with a key and one kind of value.
    SetSession set = new SetSession();
    set.setId(id);
    set.setTtl(3600);
    set.setAttributes(new EntryList());
    set.getAttributes().getEntry().add(Values.entry("uid", "dwho"));
    set.getAttributes().getEntry().add(Values.entry("roles", List.of("traveller", "doctor")));
    sessions.call(set, SetSessionResponse.class);
    System.out.println("set\t" + id);

    GetSession get = new GetSession();
    get.setId(id);
    Session session = sessions.call(get, GetSessionResponse.class).getGetSessionResult();
    for (Entry entry : session.getAttributes().getEntry()) {
      if (entry.getKey().equals("uid")) {
        System.out.println("get\t" + entry.getValue());
      }
    }

    // Change one attribute only if the session has not been modified since it was read.
    UpdateSession update = new UpdateSession();
    update.setId(id);
    update.setIfVersion(session.getVersion());
    update.setSet(new EntryList());
    update.getSet().getEntry().add(Values.entry("mood", "good"));
    sessions.call(update, UpdateSessionResponse.class);
    System.out.println("update\tok");
    try {
      sessions.call(update, UpdateSessionResponse.class);
    } catch (Sessions.FaultException e) {
      if (e.detail instanceof VersionConflictFault conflict) {
        System.out.println("conflict\t" + conflict.getId());
      }
    }

    TouchSession touch = new TouchSession();
    touch.setId(id);
    touch.setTtl(600);
    SessionRef touched = sessions.call(touch, TouchSessionResponse.class).getTouchSessionResult();
    System.out.println("touch\t" + touched.getExpiresIn());

    GetSessions many = new GetSessions();
    many.setIds(new IdList());
    many.getIds().getId().addAll(List.of(id, "f".repeat(32)));
    SessionList batch = sessions.call(many, GetSessionsResponse.class).getGetSessionsResult();
    System.out.println("batch\t" + batch.getSession().size());

    FindSessions find = new FindSessions();
    find.setPrincipal("dwho");
    IdList found = sessions.call(find, FindSessionsResponse.class).getFindSessionsResult();
    System.out.println("find\t" + (found.getId().contains(id) ? 1 : 0));

    StatsReport report = sessions.call(new Stats(), StatsResponse.class).getStatsResult();
    System.out.println("stats\t" + (report.getService().getStat().isEmpty() ? 0 : 1));

    DeleteSession delete = new DeleteSession();
    delete.setId(id);
    System.out.println("delete\t" + sessions.call(delete, DeleteSessionResponse.class).isDeleteSessionResult());
    try {
      sessions.call(get, GetSessionResponse.class);
    } catch (Sessions.FaultException e) {
      if (e.detail instanceof SessionNotFoundFault absent) {
        System.out.println("notfound\t" + absent.getId());
      }
    }

    // Without an id the service creates one.
    set.setId(null);
    System.out.println("new\t" + sessions.call(set, SetSessionResponse.class).getSetSessionResult().getId());
  }

  private Walk() {}
}
