package memcachedsoap.session;

import java.util.Map;

/**
 * A session as the service has returned it.
 */
final class Content {
  final String id;
  final String version;

  /** Seconds that the session lives at least; null if it never expires. */
  final Integer expiresIn;

  /** Stored values by their stored names. */
  final Map<String, Object> attributes;

  Content(String id, String version, Integer expiresIn, Map<String, Object> attributes) {
    this.id = id;
    this.version = version;
    this.expiresIn = expiresIn;
    this.attributes = attributes;
  }
}
