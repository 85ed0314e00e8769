package sessions;

import java.util.List;
import java.util.Map;

/**
 * Usage: Main WSDL_URL walk|read|write|writetext|writebig|writecontrol ID, or Main WSDL_URL fault KIND ID.
 * With MODE=soap12 in the environment the client sends SOAP 1.2.
 */
public final class Main {
  public static void main(String[] args) throws Exception {
    String mode = System.getenv().getOrDefault("MODE", "");
    Sessions sessions = new Sessions(args[0].replace("?wsdl", ""), mode);
    String id = args[args.length - 1];
    switch (args[1]) {
      case "walk" -> Walk.walk(sessions, id);
      case "fault" -> System.out.println(fault(sessions, args[2], id));
      case "read" -> Fixture.print(Values.map(sessions.typed(id, 0).getAttributes()));
      default -> sessions.set(id, Values.hash(Fixture.of(args[1])), 3600, null);
    }
  }

  /** Makes a call that fails, and returns the name and a field of its fault. */
  private static String fault(Sessions sessions, String kind, String id) throws Exception {
    Map<String, String> one = Map.of("a", kind.equals("toolarge") ? "x".repeat(1_200_000) : "1");
    try {
      if (List.of("conflict", "deleted", "toolarge").contains(kind)) {
        sessions.set(id, Values.hash(one), 0, kind.equals("conflict") ? "AAAA" : null);
      } else {
        sessions.get(id);
      }
    } catch (SessionNotFoundException e) {
      return "SessionNotFoundFault\t" + e.getFaultMessage().getSessionNotFoundFault().getId();
    } catch (InvalidSessionIdException e) {
      return "InvalidSessionIdFault\t" + e.getFaultMessage().getInvalidSessionIdFault().getId();
    } catch (VersionConflictException e) {
      return "VersionConflictFault\t" + e.getFaultMessage().getVersionConflictFault().getId();
    } catch (SessionDeletedException e) {
      return "SessionDeletedFault\t" + e.getFaultMessage().getSessionDeletedFault().getId();
    } catch (PayloadTooLargeException e) {
      return "PayloadTooLargeFault\t" + e.getFaultMessage().getPayloadTooLargeFault().getLimit();
    } catch (UnreadableSessionException e) {
      return "UnreadableSessionFault\t" + e.getFaultMessage().getUnreadableSessionFault().getId();
    } catch (StoreUnavailableException e) {
      return "StoreUnavailableFault\t" + e.getFaultMessage().getStoreUnavailableFault().getReason();
    }
    return "no fault";
  }

  private Main() {}
}
