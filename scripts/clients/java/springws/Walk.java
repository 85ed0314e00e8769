package sessions;

import java.util.List;

/** Calls every operation: the life of one session. */
final class Walk {
  static void walk(Sessions sessions, String id) {
    // Attributes are a list of entries, each with a key and one kind of value. With onlyNew
    // the service stores the session only if there is none with the id. It ends after two
    // hours in any case.
    SetSession set = new SetSession();
    set.setId(id);
    set.setTtl(3600);
    set.setLifetime(7200);
    set.setOnlyNew(true);
    set.setAttributes(new EntryList());
    set.getAttributes().getEntry().add(Values.entry("uid", "dwho"));
    set.getAttributes().getEntry().add(Values.entry("roles", List.of("traveller", "doctor")));
    set.getAttributes().getEntry().add(Values.entry("visits", 1L));
    sessions.call(set, SetSessionResponse.class);
    System.out.println("set\t" + id);
    try {
      sessions.call(set, SetSessionResponse.class);
    } catch (Sessions.FaultException e) {
      if (e.detail instanceof SessionExistsFault existing) {
        System.out.println("exists\t" + existing.getId());
      }
    }

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

    // Read the session and give it 15 minutes in one call. Numbers have a type.
    GetSession use = new GetSession();
    use.setId(id);
    use.setTtl(900);
    use.setTyped(true);
    Session used = sessions.call(use, GetSessionResponse.class).getGetSessionResult();
    for (Entry entry : used.getAttributes().getEntry()) {
      if (entry.getKey().equals("visits")) {
        System.out.println("typed\t" + entry.getType());
      }
    }
    System.out.println("ttl\t" + used.getExpiresIn());

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

    // A login gives the session another id, of the program or of the service.
    RenameSession rename = new RenameSession();
    rename.setId(id);
    rename.setNewId(id + "0");
    SessionRef chosen = sessions.call(rename, RenameSessionResponse.class).getRenameSessionResult();
    System.out.println("rename\t" + chosen.getId());
    rename.setId(chosen.getId());
    rename.setNewId(null);
    SessionRef made = sessions.call(rename, RenameSessionResponse.class).getRenameSessionResult();
    System.out.println("renamed\t" + made.getId());

    // Delete it only if nobody has changed it.
    DeleteSession delete = new DeleteSession();
    delete.setId(made.getId());
    delete.setIfVersion(session.getVersion());
    try {
      sessions.call(delete, DeleteSessionResponse.class);
    } catch (Sessions.FaultException e) {
      if (e.detail instanceof VersionConflictFault conflict) {
        System.out.println("kept\t" + conflict.getId());
      }
    }
    delete.setIfVersion(made.getVersion());
    System.out.println("delete\t" + sessions.call(delete, DeleteSessionResponse.class).isDeleteSessionResult());
    try {
      sessions.call(get, GetSessionResponse.class);
    } catch (Sessions.FaultException e) {
      if (e.detail instanceof SessionNotFoundFault absent) {
        System.out.println("notfound\t" + absent.getId());
      }
    }

    // Without an id the service creates one. The session ends after two minutes: a ttl that
    // is longer than the lifetime is cut.
    set.setId(null);
    set.setOnlyNew(null);
    set.setLifetime(120);
    SessionRef stored = sessions.call(set, SetSessionResponse.class).getSetSessionResult();
    System.out.println("new\t" + stored.getId());
    System.out.println("lifetime\t" + stored.getExpiresIn());
  }

  private Walk() {}
}
