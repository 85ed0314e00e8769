package memcachedsoap.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrivateObjectsTest {
  static final class Cart implements Serializable {
    private static final long serialVersionUID = 1L;
    final List<String> items = new ArrayList<>();
  }

  static final class Evil implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  @Test
  void onlyAllowedClasses() throws IOException {
    try (Gate gate = new Gate()) {
      onlyAllowedClasses(gate);
    }
  }

  private static void onlyAllowedClasses(Gate gate) {
    String classes = Cart.class.getName() + ";java.util.ArrayList;java.lang.Object";
    SharedSessions allowed = sessions(gate, "objects", "private", "objects-allowed", classes);
    SharedSession session = allowed.create();
    session.setAttribute("cart", new Cart());
    assertThrows(SessionValueException.class, () -> session.setAttribute("evil", new Evil()));
    assertThrows(SessionValueException.class, () -> session.setAttribute("uid", new Cart()), "never shared");
    allowed.save(session);
    SharedSession read = allowed.find(session.getId());
    ((Cart) read.getAttribute("cart")).items.add("changed in place");
    allowed.save(read);
    assertEquals(List.of("changed in place"), ((Cart) allowed.find(session.getId()).getAttribute("cart")).items);

    SharedSession other = sessions(gate).find(session.getId());
    assertTrue(other.getAttribute("cart") instanceof byte[], "without the setting nothing is decoded");
    SharedSessions strict = sessions(gate, "objects", "private", "objects-allowed", "java.lang.Object");
    assertThrows(SessionValueException.class, () -> strict.find(session.getId()).getAttribute("cart"));
  }

  private static SharedSessions sessions(Gate gate, String... settings) {
    return new SharedSessions(gate.settings(settings));
  }
}
