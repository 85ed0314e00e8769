package sessions;

/** The types of values: a Long is an int, a Double a double, and a Boolean a boolean. */
final class Types {
  /** Returns the type of a number or a boolean, and null for other values. */
  static String of(Object v) {
    if (v instanceof Long) {
      return "int";
    }
    if (v instanceof Double) {
      return "double";
    }
    return v instanceof Boolean ? "boolean" : null;
  }

  /** Returns the value that a text of a type stands for. Without a type it is the text. */
  static Object value(String text, String type) {
    if (type == null) {
      return text;
    }
    return switch (type) {
      case "int" -> Long.valueOf(text);
      case "double" -> Double.valueOf(text);
      case "boolean" -> Boolean.valueOf(text);
      default -> throw new IllegalArgumentException("unknown type " + type);
    };
  }

  private Types() {}
}
