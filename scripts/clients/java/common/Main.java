package sessions;

import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Usage: Main WSDL_URL walk|write|writetext|writebig|read ID, or Main WSDL_URL fault KIND ID.
 */
public final class Main {
  public static void main(String[] args) throws Exception {
    SessionPortType sessions = new SessionService(URI.create(args[0]).toURL()).getSessionPort();
    String id = args[args.length - 1];
    switch (args[1]) {
      case "walk" -> Walk.walk(sessions, id);
      case "fault" -> System.out.println(fault(sessions, args[2], id));
      case "read" -> read(sessions, id);
      default -> sessions.setSession(id, Values.hash(fixture(args[1])), 3600, null, null);
    }
    System.exit(0); // threads of the toolkit would keep the program alive for a while
  }

  private static void read(SessionPortType sessions, String id) throws Exception {
    List<String> lines = new ArrayList<>();
    Values.map(sessions.getSession(id).getAttributes())
        .forEach(
            (key, v) -> {
              if (!key.startsWith("_")) {
                lines.add(Values.hex(key) + "\t" + Values.rendered(v));
              }
            });
    lines.stream().sorted().forEach(System.out::println);
  }

  /** Makes the call that gets a fault, and returns the fault's name and detail. */
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

  private static byte[] bytes(int n) {
    byte[] bytes = new byte[n];
    for (int i = 0; i < n; i++) {
      bytes[i] = (byte) i;
    }
    return bytes;
  }

  private static Map<String, Object> fixture(String command) {
    Map<String, Object> f = new LinkedHashMap<>();
    if (command.equals("writetext")) {
      f.put("text900k", "0123456789".repeat(90_000));
      return f;
    }
    if (command.equals("writebig")) {
      f.put("bytes900k", bytes(900_000));
      return f;
    }
    Map<String, Object> nested = new LinkedHashMap<>();
    nested.put("list", Arrays.asList("a", null, new byte[] {0, -1}, Map.of("k", "v")));
    nested.put("undef", null);
    nested.put("bytes", new byte[] {0, 1});
    f.put("plain", "plain");
    f.put("special", "<&>\"']]>");
    f.put("accents", "é ü ß ñ – €");
    f.put("emoji", "😀 🎉");
    f.put("lines", "LF\nCRLF\r\nCR\rtab\tend");
    f.put("blanks", "  outer blanks  ");
    f.put("empty", "");
    f.put("undef", null);
    f.put("bytes", bytes(256));
    f.put("a key with <blanks>", "key");
    f.put("nested", nested);
    f.put("single", List.of("one"));
    f.put("emptylist", List.of());
    f.put("emptyhash", Map.of());
    return f;
  }

  private Main() {}
}
