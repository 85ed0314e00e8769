package memcachedsoap.session;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValuesTest {
  private static Object again(Object value) {
    return Values.java(Elements.attributes(Elements.entries(Map.of("k", Values.stored("k", value)))).get("k"));
  }

  static Stream<Object> kept() {
    return Stream.of(
        "", "zoë 🦊 <&> ]]>", "a\nb\tc\r\nd", "nul \0 and \u001b", "0042", "true", 0, 42, -7,
        Integer.MAX_VALUE, Integer.MIN_VALUE, 1L << 40, Long.MIN_VALUE, BigInteger.ONE.shiftLeft(63), 1.5, 1e-7,
        1e300, -0.0, true, false, List.of(), List.of(1, "1", List.of(2.5, Map.of("k", false))), Map.of(),
        Map.of("", "no name", "a/b", List.of()));
  }

  @ParameterizedTest
  @MethodSource("kept")
  void keepsValueAndType(Object value) {
    assertEquals(value, again(value));
  }

  @Test
  void keepsBytes() {
    byte[] bytes = {0, -1, -2, -1};
    assertArrayEquals(bytes, (byte[]) again(bytes));
    assertEquals("text", again(new byte[] {'t', 'e', 'x', 't'}), "the store has one type for text and its bytes");
  }

  @Test
  void keepsUndef() {
    assertNull(again(Undef.UNDEF));
    assertEquals(Arrays.asList(1, null), again(Arrays.asList(1, null)));
  }

  @Test
  void narrowsNumbers() {
    assertEquals(5, again(5L));
    assertEquals(5, again((short) 5));
    assertEquals(0.5, again(0.5f));
    assertEquals(5, again(BigInteger.valueOf(5)));
    assertEquals("c", again('c'));
  }

  static Stream<Object> refused() {
    return Stream.of(
        Double.NaN, Double.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, BigInteger.ONE.shiftLeft(64),
        BigInteger.ONE.shiftLeft(63).negate().subtract(BigInteger.ONE), new BigDecimal("0.1"), new Object(),
        Instant.EPOCH, UUID.randomUUID(), URI.create("a:b"), Set.of(1), Arguments.of((Object) new String[] {"a"}),
        new int[] {1}, Thread.State.NEW, Map.of(1, "number"), List.of(new Object()),
        Map.of("deep", List.of(Instant.EPOCH)), "\ud800", Map.of("\udc00", 1), (Runnable) () -> {});
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusesByName(Object value) {
    SessionValueException e = assertThrows(SessionValueException.class, () -> Values.stored("the key", value));
    assertTrue(e.getMessage().contains("the key"), e.getMessage());
  }

  @Test
  void refusesCycles() {
    List<Object> list = new ArrayList<>();
    list.add(list);
    Map<String, Object> map = new HashMap<>();
    map.put("self", map);
    assertThrows(SessionValueException.class, () -> Values.stored("k", list));
    assertThrows(SessionValueException.class, () -> Values.stored("k", map));
  }

  @Test
  void messagesAreShort() {
    assertTrue(new SessionValueException("k\n".repeat(65536), "x").getMessage().length() < 300);
    assertFalse(new SessionValueException("k\n", "x").getMessage().contains("\n"));
    assertEquals("🦊".repeat(100) + "…", SessionValueException.printable("🦊".repeat(101)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a.b", "a/b", "nul\0", "base64:YQ==", "zoë 🦊", "\uffff"})
  void names(String name) {
    AttributeNames names = new AttributeNames(Set.of("uid"), "app");
    String sent = AttributeNames.encode(names.stored(name));
    assertTrue(AttributeNames.isXml(sent));
    assertEquals(name, names.attribute(AttributeNames.decode(sent)));
    assertEquals(name, AttributeNames.decode(AttributeNames.encode(name)));
  }

  @Test
  void otherNamesAreNotVisible() {
    AttributeNames names = new AttributeNames(Set.of("uid"), "app");
    assertNull(names.attribute("other/cart"));
    assertNull(names.attribute("cart"));
    assertEquals("uid", names.attribute("uid"));
  }
}
