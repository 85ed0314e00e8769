package memcachedsoap.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionIdsTest {
  @Test
  void creates() {
    assertTrue(SessionIds.create().matches("[0-9a-f]{32}"));
    assertNotEquals(SessionIds.create(), SessionIds.create());
  }

  @Test
  void takesIdsOfOtherPrograms() {
    assertTrue(SessionIds.isValid("a".repeat(32)));
    assertTrue(SessionIds.isValid("0".repeat(64)));
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "", "deadbeef", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "gaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", "٠aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "00000000-0000-0000-0000-000000000000"
  })
  void refuses(String id) {
    assertFalse(SessionIds.isValid(id));
    assertFalse(SessionIds.isValid("a".repeat(65)));
    assertFalse(SessionIds.isValid(null));
  }

  @Test
  void logsWhatTheServiceLogs() {
    assertEquals("f22491349922", SessionIds.hashPrefix("5fbc010fecf1bbba68cf4d2fac579005")); // docs/security.md
  }
}
