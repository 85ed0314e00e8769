package sessions;

import java.util.List;
import java.util.Map;

/**
 * Usage: Main WSDL_URL walk|read|write|writetext|writebig|writecontrol ID, or Main WSDL_URL fault KIND ID.
 * MODE in the environment selects the message form, see Connection.
 */
public final class Main {
  public static void main(String[] args) throws Exception {
    SessionPortType sessions = Connection.open(args[0], System.getenv().getOrDefault("MODE", ""));
    String id = args[args.length - 1];
    switch (args[1]) {
      case "walk" -> Walk.walk(sessions, id);
      case "fault" -> System.out.println(fault(sessions, args[2], id));
      case "read" -> Fixture.print(Values.map(sessions.getSession(id).getAttributes()));
      default -> sessions.setSession(id, Values.hash(Fixture.of(args[1])), 3600, null, null);
    }
    System.exit(0); // threads of the toolkit keep the program alive for a while otherwise
  }

  /** Makes a call that fails, and returns the name and a field of its fault. */
  private static String fault(SessionPortType sessions, String kind, String id) throws Exception {
    Map<String, String> one = Map.of("a", kind.equals("toolarge") ? "x".repeat(1_200_000) : "1");
    String version = kind.equals("conflict") ? "AAAA" : null;
    try {
      if (List.of("conflict", "deleted", "toolarge").contains(kind)) {
        sessions.setSession(id, Values.hash(one), null, version, null);
      } else {
        sessions.getSession(id);
      }
    } catch (SessionNotFoundException e) {
      return "SessionNotFoundFault\t" + e.getFaultInfo().getId();
    } catch (InvalidSessionIdException e) {
      return "InvalidSessionIdFault\t" + e.getFaultInfo().getId();
    } catch (VersionConflictException e) {
      return "VersionConflictFault\t" + e.getFaultInfo().getId();
    } catch (SessionDeletedException e) {
      return "SessionDeletedFault\t" + e.getFaultInfo().getId();
    } catch (PayloadTooLargeException e) {
      return "PayloadTooLargeFault\t" + e.getFaultInfo().getLimit();
    } catch (UnreadableSessionException e) {
      return "UnreadableSessionFault\t" + e.getFaultInfo().getId();
    } catch (StoreUnavailableException e) {
      return "StoreUnavailableFault\t" + e.getFaultInfo().getReason();
    }
    return "no fault";
  }

  private Main() {}
}
