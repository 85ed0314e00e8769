package memcachedsoap.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SessionSettingsTest {
  private static SessionSettings read(String... namesAndValues) {
    Map<String, String> texts = new HashMap<>(Map.of("url", "http://127.0.0.1:8080/soap"));
    for (int i = 0; i < namesAndValues.length; i += 2) {
      texts.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return SessionSettings.read(texts::get, "app");
  }

  @Test
  void defaults() {
    SessionSettings settings = read();
    assertEquals(Duration.ofSeconds(2), settings.timeout());
    assertEquals(Duration.ofMinutes(30), settings.idle());
    assertEquals("uid", settings.names().stored("uid"));
    assertEquals("app/cart", settings.names().stored("cart"));
    assertFalse(settings.isAnonymous("/"));
  }

  @Test
  void values() {
    SessionSettings settings = read("idle", "never", "timeout", "0.5", "shared", " a , b", "anonymous", "/public/");
    assertTrue(settings.idle().isNegative());
    assertEquals(Duration.ofMillis(500), settings.timeout());
    assertEquals("b", settings.names().stored("b"));
    assertTrue(settings.isAnonymous("/public/page"));
    assertFalse(settings.isAnonymous("/private"));
  }

  @ParameterizedTest
  @CsvSource({
    "url, ''", "url, ftp://host/soap", "url, /soap", "timeout, 0", "timeout, soon", "idle, 0", "idle, -5",
    "lifetime, -1", "idle, 99999999999", "shared, _session_id", "shared, uid_MD5", "shared, app/x", "objects, some",
    "objects, private", "anonymous, ok", "ca-file, /nowhere.pem", "cookie-secure, yes"
  })
  void refused(String name, String value) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> {
              SessionSettings settings = read(name, value);
              settings.bool("cookie-secure", false);
              Connection.open(settings);
            });
    assertTrue(e.getMessage().contains(name), e.getMessage());
  }

  @Test
  void oneCredentialOnly() {
    assertThrows(IllegalArgumentException.class, () -> read("key", "k", "user", "u"));
  }
}
