package sessions;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import v1.session.memcached_soap.Entry;
import v1.session.memcached_soap.EntryList;
import v1.session.memcached_soap.FindSessions;
import v1.session.memcached_soap.GetSessions;
import v1.session.memcached_soap.IdList;
import v1.session.memcached_soap.Session;
import v1.session.memcached_soap.SessionRef;
import v1.session.memcached_soap.Stats;
import v1.session.memcached_soap.TouchSession;

/** Calls every operation: the life of one session. */
final class Walk {
  static void walk(Sessions sessions, String id) throws Exception {
    SessionServiceStub stub = sessions.stub;
    // Attributes are a list of entries, each with a key and one kind of value. With onlyNew
    // the service stores the session only if there is none with the id. It ends after two
    // hours in any case.
    EntryList attributes = new EntryList();
    attributes.addEntry(Values.entry("uid", "dwho"));
    attributes.addEntry(Values.entry("roles", List.of("traveller", "doctor")));
    attributes.addEntry(Values.entry("visits", 1L));
    sessions.create(id, attributes, 3600, 7200);
    System.out.println("set\t" + id);
    try {
      sessions.create(id, attributes, 3600, 7200);
    } catch (SessionExistsException e) {
      System.out.println("exists\t" + e.getFaultMessage().getSessionExistsFault().getId());
    }

    Session session = sessions.get(id);
    for (Entry entry : session.getAttributes().getEntry()) {
      if (entry.getKey().equals("uid")) {
        System.out.println("get\t" + entry.getValue());
      }
    }

    // Change one attribute only if the session has not been modified since it was read.
    EntryList set = Values.hash(Map.of("mood", "good"));
    sessions.update(id, set, session.getVersion());
    System.out.println("update\tok");
    try {
      sessions.update(id, set, session.getVersion());
    } catch (VersionConflictException e) {
      System.out.println("conflict\t" + e.getFaultMessage().getVersionConflictFault().getId());
    }

    TouchSession touch = new TouchSession();
    touch.setId(id);
    touch.setTtl(600);
    System.out.println("touch\t" + stub.touchSession(touch).getTouchSessionResult().getExpiresIn());

    // Read the session and give it 15 minutes in one call. Numbers have a type.
    Session used = sessions.typed(id, 900);
    for (Entry entry : used.getAttributes().getEntry()) {
      if (entry.getKey().equals("visits")) {
        System.out.println("typed\t" + entry.getType());
      }
    }
    System.out.println("ttl\t" + used.getExpiresIn());

    IdList ids = new IdList();
    ids.setId(new String[] {id, "f".repeat(32)});
    GetSessions several = new GetSessions();
    several.setIds(ids);
    System.out.println("batch\t" + stub.getSessions(several).getGetSessionsResult().getSession().length);

    FindSessions find = new FindSessions();
    find.setPrincipal("dwho");
    List<String> found = Arrays.asList(stub.findSessions(find).getFindSessionsResult().getId());
    System.out.println("find\t" + (found.contains(id) ? 1 : 0));

    int counters = stub.stats(new Stats()).getStatsResult().getService().getStat().length;
    System.out.println("stats\t" + (counters > 0 ? 1 : 0));

    // A login gives the session another id, of the program or of the service.
    SessionRef chosen = sessions.rename(id, id + "0");
    System.out.println("rename\t" + chosen.getId());
    SessionRef made = sessions.rename(chosen.getId(), null);
    System.out.println("renamed\t" + made.getId());

    // Delete it only if nobody has changed it.
    try {
      sessions.delete(made.getId(), session.getVersion());
    } catch (VersionConflictException e) {
      System.out.println("kept\t" + e.getFaultMessage().getVersionConflictFault().getId());
    }
    System.out.println("delete\t" + sessions.delete(made.getId(), made.getVersion()));
    try {
      sessions.get(id);
    } catch (SessionNotFoundException e) {
      System.out.println("notfound\t" + e.getFaultMessage().getSessionNotFoundFault().getId());
    }

    // Without an id the service creates one. The session ends after two minutes: a ttl that
    // is longer than the lifetime is cut.
    SessionRef stored = sessions.create(null, attributes, 3600, 120);
    System.out.println("new\t" + stored.getId());
    System.out.println("lifetime\t" + stored.getExpiresIn());
  }

  private Walk() {}
}
