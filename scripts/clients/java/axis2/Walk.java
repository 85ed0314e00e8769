package sessions;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import v1.session.memcached_soap.DeleteSession;
import v1.session.memcached_soap.Entry;
import v1.session.memcached_soap.EntryList;
import v1.session.memcached_soap.FindSessions;
import v1.session.memcached_soap.GetSessions;
import v1.session.memcached_soap.IdList;
import v1.session.memcached_soap.Session;
import v1.session.memcached_soap.Stats;
import v1.session.memcached_soap.TouchSession;

/** Calls every operation: the life of one session. */
final class Walk {
  static void walk(Sessions sessions, String id) throws Exception {
    SessionServiceStub stub = sessions.stub;
    // Attributes are a list of entries, each with a key and one kind of value.
    EntryList attributes = new EntryList();
    attributes.addEntry(Values.entry("uid", "dwho"));
    attributes.addEntry(Values.entry("roles", List.of("traveller", "doctor")));
    sessions.set(id, attributes, 3600, null);
    System.out.println("set\t" + id);

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

    DeleteSession delete = new DeleteSession();
    delete.setId(id);
    System.out.println("delete\t" + stub.deleteSession(delete).getDeleteSessionResult());
    try {
      sessions.get(id);
    } catch (SessionNotFoundException e) {
      System.out.println("notfound\t" + e.getFaultMessage().getSessionNotFoundFault().getId());
    }

    // Without an id the service creates one.
    System.out.println("new\t" + sessions.set(null, attributes, 60, null).getId());
  }

  private Walk() {}
}
