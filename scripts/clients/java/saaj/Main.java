package sessions;

import java.util.List;
import java.util.Map;
import javax.xml.soap.SOAPConstants;
import javax.xml.soap.SOAPElement;

/**
 * Usage: Main WSDL_URL walk|read|write|writetext|writebig|writecontrol ID, or Main WSDL_URL fault KIND ID.
 * With MODE=soap12 or MODE=utf16 in the environment the client sends SOAP 1.2 or UTF-16.
 */
public final class Main {
  public static void main(String[] args) throws Exception {
    String mode = System.getenv().getOrDefault("MODE", "");
    Credentials.answerChallenge();
    Sessions sessions =
        new Sessions(
            args[0].replace("?wsdl", ""),
            mode.equals("soap12") ? SOAPConstants.SOAP_1_2_PROTOCOL : SOAPConstants.SOAP_1_1_PROTOCOL,
            mode.equals("utf16") ? "UTF-16" : "UTF-8");
    String id = args[args.length - 1];
    switch (args[1]) {
      case "walk" -> Walk.walk(sessions, id);
      case "fault" -> System.out.println(fault(sessions, args[2], id));
      case "read" -> Fixture.print(Values.map(Sessions.child(read(sessions, id, true), "attributes")));
      default -> write(sessions, id, Fixture.of(args[1]), null);
    }
    System.exit(0); // its connections keep the program alive for a while otherwise
  }

  private static SOAPElement read(Sessions sessions, String id, boolean typed) throws Exception {
    SOAPElement get = sessions.operation("getSession");
    Sessions.add(get, "id", id);
    Sessions.add(get, "typed", Boolean.toString(typed));
    return sessions.call(get);
  }

  private static void write(Sessions sessions, String id, Map<String, ?> attributes, String version) throws Exception {
    SOAPElement set = sessions.operation("setSession");
    Sessions.add(set, "id", id);
    Sessions.addHash(set, "attributes", attributes);
    if (version != null) {
      Sessions.add(set, "ifVersion", version);
    }
    sessions.call(set);
  }

  /** Makes a call that fails, and returns the name and a field of its fault. */
  private static String fault(Sessions sessions, String kind, String id) throws Exception {
    Map<String, String> one = Map.of("a", kind.equals("toolarge") ? "x".repeat(1_200_000) : "1");
    try {
      if (List.of("conflict", "deleted", "toolarge").contains(kind)) {
        write(sessions, id, one, kind.equals("conflict") ? "AAAA" : null);
      } else {
        read(sessions, id, false);
      }
      return "no fault";
    } catch (Sessions.FaultException e) {
      for (String field : List.of("id", "limit", "reason")) {
        if (Sessions.text(e.detail, field) != null) {
          return e.detail.getLocalName() + "\t" + Sessions.text(e.detail, field);
        }
      }
      return e.detail.getLocalName();
    }
  }

  private Main() {}
}
