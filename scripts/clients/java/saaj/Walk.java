package sessions;

import java.util.List;
import java.util.Map;
import javax.xml.soap.SOAPElement;

/** Calls every operation: the life of one session. */
final class Walk {
  static void walk(Sessions sessions, String id) throws Exception {
    SOAPElement set = sessions.operation("setSession");
    Sessions.add(set, "id", id);
    Sessions.addHash(set, "attributes", Map.of("uid", "dwho", "roles", List.of("traveller", "doctor")));
    Sessions.add(set, "ttl", "3600");
    System.out.println("set\t" + Sessions.text(sessions.call(set), "id"));

    SOAPElement get = sessions.operation("getSession");
    Sessions.add(get, "id", id);
    SOAPElement session = sessions.call(get);
    System.out.println("get\t" + Values.map(Sessions.child(session, "attributes")).get("uid"));

    // Change one attribute only if the session has not been modified since it was read.
    SOAPElement update = sessions.operation("updateSession");
    Sessions.add(update, "id", id);
    Sessions.addHash(update, "set", Map.of("mood", "good"));
    Sessions.add(update, "ifVersion", Sessions.text(session, "version"));
    sessions.call(update);
    System.out.println("update\tok");
    try {
      sessions.call(update);
    } catch (Sessions.FaultException e) {
      if (e.detail.getLocalName().equals("VersionConflictFault")) {
        System.out.println("conflict\t" + Sessions.text(e.detail, "id"));
      }
    }

    SOAPElement touch = sessions.operation("touchSession");
    Sessions.add(touch, "id", id);
    Sessions.add(touch, "ttl", "600");
    System.out.println("touch\t" + Sessions.text(sessions.call(touch), "expiresIn"));

    SOAPElement many = sessions.operation("getSessions");
    SOAPElement ids = Sessions.add(many, "ids");
    Sessions.add(ids, "id", id);
    Sessions.add(ids, "id", "f".repeat(32));
    System.out.println("batch\t" + Values.children(sessions.call(many), "session").size());

    SOAPElement find = sessions.operation("findSessions");
    Sessions.add(find, "principal", "dwho");
    boolean found =
        Values.children(sessions.call(find), "id").stream().anyMatch(e -> e.getTextContent().equals(id));
    System.out.println("find\t" + (found ? 1 : 0));

    SOAPElement report = sessions.call(sessions.operation("stats"));
    System.out.println("stats\t" + (Values.children(Sessions.child(report, "service"), "stat").isEmpty() ? 0 : 1));

    SOAPElement delete = sessions.operation("deleteSession");
    Sessions.add(delete, "id", id);
    System.out.println("delete\t" + sessions.call(delete).getTextContent());
    try {
      sessions.call(get);
    } catch (Sessions.FaultException e) {
      if (e.detail.getLocalName().equals("SessionNotFoundFault")) {
        System.out.println("notfound\t" + Sessions.text(e.detail, "id"));
      }
    }

    // Without an id the service creates one.
    SOAPElement create = sessions.operation("setSession");
    Sessions.addHash(create, "attributes", Map.of("uid", "dwho"));
    System.out.println("new\t" + Sessions.text(sessions.call(create), "id"));
  }

  private Walk() {}
}
