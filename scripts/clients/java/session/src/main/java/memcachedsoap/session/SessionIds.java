package memcachedsoap.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;

/**
 * The ids of sessions: 32 lower-case hexadecimal digits. Other programs may have made ids of up to 64.
 */
public final class SessionIds {
  private static final String DIGITS = "0123456789abcdef";
  private static final int SHORTEST = 32;
  private static final int LONGEST = 64;
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Returns a new id, which nobody can guess. */
  public static String create() {
    byte[] bytes = new byte[SHORTEST / 2];
    RANDOM.nextBytes(bytes);
    return hex(bytes);
  }

  /** Reports whether a text that comes from a browser is an id: 32 to 64 lower-case hexadecimal digits. */
  public static boolean isValid(String id) {
    return id != null
        && id.length() >= SHORTEST
        && id.length() <= LONGEST
        && id.chars().allMatch(c -> DIGITS.indexOf(c) >= 0);
  }

  /** Returns what a log may say of an id: the start of its SHA-256, as the service's own log has it. */
  static String hashPrefix(String id) {
    try {
      return hex(MessageDigest.getInstance("SHA-256").digest(id.getBytes(UTF_8))).substring(0, 12);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  private static String hex(byte[] bytes) {
    StringBuilder text = new StringBuilder(2 * bytes.length);
    for (byte b : bytes) {
      text.append(DIGITS.charAt((b >> 4) & 15)).append(DIGITS.charAt(b & 15));
    }
    return text.toString();
  }

  private SessionIds() {}
}
