package memcachedsoap.session;

/**
 * A value cannot be stored or read: its type is refused, or the session is too large with it. The message names the
 * attribute.
 */
public class SessionValueException extends SessionException {
  private static final long serialVersionUID = 1L;

  private static final int LONGEST = 100; // characters of a name in a message

  private final String attribute;

  public SessionValueException(String attribute, String reason) {
    this(attribute, reason, null);
  }

  public SessionValueException(String attribute, String reason, Throwable cause) {
    super("session attribute " + printable(attribute) + ": " + reason, cause);
    this.attribute = attribute;
  }

  /** Returns the name of the attribute. */
  public String getAttribute() {
    return attribute;
  }

  /** Makes a name fit for a log and an error page: no control characters, and not long. */
  static String printable(String name) {
    StringBuilder shown = new StringBuilder();
    int end = name.offsetByCodePoints(0, Math.min(LONGEST, name.codePointCount(0, name.length())));
    name.substring(0, end).codePoints().forEach(c -> shown.appendCodePoint(Character.isISOControl(c) ? '?' : c));
    return end < name.length() ? shown + "…" : shown.toString();
  }
}
