package memcachedsoap.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Base64;
import java.util.Set;

/**
 * Translates between the names of an application's attributes and the names under which the service stores them. Shared
 * attributes have the same name in all programs; K of all others is stored as APP/K, so that the same name in two
 * applications is two attributes.
 */
final class AttributeNames {
  /** The attributes of a login, which all programs share. */
  static final Set<String> LOGIN = Set.of("uid", "cn", "mail", "groups", "authenticationLevel", "_utime", "ipAddr");

  private static final String BASE64 = "base64:";
  private static final Set<String> RESERVED = Set.of("_session_id", "_session_end", "_session_kind", "_lastSeen");

  private final Set<String> shared;
  private final String prefix;

  AttributeNames(Set<String> shared, String app) {
    this.shared = shared;
    this.prefix = app + "/";
  }

  /** Reports whether the service keeps an attribute for itself, so that no application may share it. */
  static boolean isReserved(String name) {
    return RESERVED.contains(name) || name.endsWith("_MD5");
  }

  /** Returns the name under which an attribute is stored. */
  String stored(String attribute) {
    return shared.contains(attribute) ? attribute : own(attribute);
  }

  /** Returns the name under which this application stores an attribute that nobody shares. */
  String own(String attribute) {
    return prefix + attribute;
  }

  /** Returns the name that an application has for a stored attribute; null if it does not see it. */
  String attribute(String stored) {
    if (shared.contains(stored)) {
      return stored;
    }
    return stored.startsWith(prefix) ? stored.substring(prefix.length()) : null;
  }

  boolean isOwn(String stored) {
    return stored.startsWith(prefix);
  }

  /** Writes a name for the service, which takes base64 for what XML cannot represent. */
  static String encode(String name) {
    if (isXml(name) && !name.startsWith(BASE64)) {
      return name;
    }
    return BASE64 + Base64.getEncoder().encodeToString(name.getBytes(UTF_8));
  }

  /** Reads a name that the service has sent. */
  static String decode(String name) {
    if (!name.startsWith(BASE64)) {
      return name;
    }
    return new String(Base64.getDecoder().decode(name.substring(BASE64.length())), UTF_8);
  }

  /** Reports whether XML 1.0 can represent all characters of a text. */
  static boolean isXml(String text) {
    return text.codePoints()
        .allMatch(
            c ->
                c >= 0x20 && c <= 0xD7FF
                    || c == '\t'
                    || c == '\n'
                    || c == '\r'
                    || c >= 0xE000 && c <= 0xFFFD
                    || c >= 0x10000);
  }

  /** Reports whether a text has a half of a pair of UTF-16, which UTF-8 cannot represent. */
  static boolean isBroken(String text) {
    return text.codePoints().anyMatch(c -> c >= 0xD800 && c <= 0xDFFF);
  }
}
