package sessions;

import java.util.List;
import java.util.Map;
import javax.xml.soap.SOAPElement;

/** Calls every operation: the life of one session. */
final class Walk {
  static void walk(Sessions sessions, String id) throws Exception {
    // With onlyNew the service stores the session only if there is none with the id. It ends
    // after two hours in any case.
    Map<String, ?> login = Map.of("uid", "dwho", "roles", List.of("traveller", "doctor"), "visits", 1L);
    SOAPElement set = sessions.operation("setSession");
    Sessions.add(set, "id", id);
    Sessions.addHash(set, "attributes", login);
    Sessions.add(set, "ttl", "3600");
    Sessions.add(set, "lifetime", "7200");
    Sessions.add(set, "onlyNew", "true");
    System.out.println("set\t" + Sessions.text(sessions.call(set), "id"));
    expect("exists", "SessionExistsFault", sessions, set);

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
    expect("conflict", "VersionConflictFault", sessions, update);

    SOAPElement touch = sessions.operation("touchSession");
    Sessions.add(touch, "id", id);
    Sessions.add(touch, "ttl", "600");
    System.out.println("touch\t" + Sessions.text(sessions.call(touch), "expiresIn"));

    // Read the session and give it 15 minutes in one call. Numbers have a type.
    SOAPElement use = sessions.operation("getSession");
    Sessions.add(use, "id", id);
    Sessions.add(use, "ttl", "900");
    Sessions.add(use, "typed", "true");
    SOAPElement used = sessions.call(use);
    for (SOAPElement entry : Values.children(Sessions.child(used, "attributes"), "entry")) {
      if (Sessions.text(entry, "key").equals("visits")) {
        System.out.println("typed\t" + Sessions.text(entry, "type"));
      }
    }
    System.out.println("ttl\t" + Sessions.text(used, "expiresIn"));

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

    // A login gives the session another id, of the program or of the service.
    SOAPElement choose = sessions.operation("renameSession");
    Sessions.add(choose, "id", id);
    Sessions.add(choose, "newId", id + "0");
    String chosen = Sessions.text(sessions.call(choose), "id");
    System.out.println("rename\t" + chosen);
    SOAPElement rename = sessions.operation("renameSession");
    Sessions.add(rename, "id", chosen);
    SOAPElement made = sessions.call(rename);
    System.out.println("renamed\t" + Sessions.text(made, "id"));

    // Delete it only if nobody has changed it.
    expect("kept", "VersionConflictFault", sessions, delete(sessions, made, session));
    System.out.println("delete\t" + sessions.call(delete(sessions, made, made)).getTextContent());
    expect("notfound", "SessionNotFoundFault", sessions, get);

    // Without an id the service creates one. The session ends after two minutes: a ttl that
    // is longer than the lifetime is cut.
    SOAPElement create = sessions.operation("setSession");
    Sessions.addHash(create, "attributes", Map.of("uid", "dwho"));
    Sessions.add(create, "ttl", "3600");
    Sessions.add(create, "lifetime", "120");
    SOAPElement stored = sessions.call(create);
    System.out.println("new\t" + Sessions.text(stored, "id"));
    System.out.println("lifetime\t" + Sessions.text(stored, "expiresIn"));
  }

  /** Returns the request that deletes a session if it has the version of another answer. */
  private static SOAPElement delete(Sessions sessions, SOAPElement session, SOAPElement version) throws Exception {
    SOAPElement delete = sessions.operation("deleteSession");
    Sessions.add(delete, "id", Sessions.text(session, "id"));
    Sessions.add(delete, "ifVersion", Sessions.text(version, "version"));
    return delete;
  }

  /** Makes a call that fails, and prints the id in its fault. */
  private static void expect(String step, String name, Sessions sessions, SOAPElement request) throws Exception {
    try {
      sessions.call(request);
    } catch (Sessions.FaultException e) {
      if (e.detail.getLocalName().equals(name)) {
        System.out.println(step + "\t" + Sessions.text(e.detail, "id"));
      }
    }
  }

  private Walk() {}
}
