package sessions;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The sessions that the tests store, and the form in which they compare them. */
final class Fixture {
  /** Returns the session that a command stores. */
  static Map<String, Object> of(String command) {
    Map<String, Object> f = new LinkedHashMap<>();
    if (command.equals("writetext")) {
      f.put("text900k", "0123456789".repeat(90_000));
      return f;
    }
    if (command.equals("writebig")) {
      f.put("bytes900k", bytes(900_000));
      return f;
    }
    if (command.equals("writecontrol")) {
      f.put("control", "XML has no \u0001");
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

  private static byte[] bytes(int n) {
    byte[] bytes = new byte[n];
    for (int i = 0; i < n; i++) {
      bytes[i] = (byte) i;
    }
    return bytes;
  }

  /** Prints attributes in the form that the tests compare. */
  static void print(Map<String, Object> attributes) {
    attributes.entrySet().stream()
        .filter(e -> !e.getKey().startsWith("_"))
        .map(e -> hex(e.getKey()) + "\t" + rendered(e.getValue()))
        .sorted()
        .forEach(System.out::println);
  }

  private static String rendered(Object v) {
    if (v == null) {
      return "u";
    }
    if (v instanceof String text) {
      return "t:" + hex(text);
    }
    if (v instanceof byte[] bytes) {
      return "b:" + HexFormat.of().formatHex(bytes);
    }
    if (v instanceof List<?> list) {
      return list.stream().map(Fixture::rendered).collect(Collectors.joining(",", "l(", ")"));
    }
    return ((Map<?, ?>) v)
        .entrySet().stream()
            .map(e -> hex((String) e.getKey()) + "=" + rendered(e.getValue()))
            .sorted()
            .collect(Collectors.joining(",", "h(", ")"));
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  private Fixture() {}
}
