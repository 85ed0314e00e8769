package memcachedsoap.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Translates between Java's values and stored values. Stored values are immutable and can be compared: String, Long,
 * BigInteger (beyond Long), Double, Boolean, ByteBuffer (bytes that are not text), List, Map and {@link Undef}.
 */
final class Values {
  private static final int DEEPEST = 100;
  private static final BigInteger LARGEST = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

  /**
   * Returns the stored value of a Java value.
   *
   * @throws SessionValueException names the attribute if the value, or a value in it, has a type that is refused
   */
  static Object stored(String attribute, Object value) {
    return stored(attribute, value, 0);
  }

  private static Object stored(String attribute, Object value, int depth) {
    if (depth > DEEPEST) {
      throw new SessionValueException(
          attribute, "it contains itself, or is nested more than " + DEEPEST + " levels deep");
    }
    if (value == null || value == Undef.UNDEF) {
      return Undef.UNDEF;
    }
    if (value instanceof String || value instanceof Character) {
      return text(attribute, value.toString());
    }
    if (value instanceof Boolean || value instanceof Long) {
      return value;
    }
    if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
      return ((Number) value).longValue();
    }
    if (value instanceof Double || value instanceof Float) {
      return finite(attribute, ((Number) value).doubleValue());
    }
    if (value instanceof BigInteger) {
      return whole(attribute, (BigInteger) value);
    }
    if (value instanceof byte[]) {
      return bytes((byte[]) value);
    }
    if (value instanceof List) {
      List<Object> list = new ArrayList<>();
      for (Object item : (List<?>) value) {
        list.add(stored(attribute, item, depth + 1));
      }
      return list;
    }
    if (value instanceof Map) {
      Map<String, Object> map = new LinkedHashMap<>();
      for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
        if (!(entry.getKey() instanceof String)) {
          throw new SessionValueException(attribute, "a map in it has a key that is not a String");
        }
        map.put(text(attribute, (String) entry.getKey()), stored(attribute, entry.getValue(), depth + 1));
      }
      return map;
    }
    throw new SessionValueException(
        attribute,
        "values of " + value.getClass().getName() + " are refused, because other programs cannot read them; store"
            + " String, Boolean, Integer, Long, Double, byte[], and List and Map of them");
  }

  private static String text(String attribute, String text) {
    if (AttributeNames.isBroken(text)) {
      throw new SessionValueException(attribute, "a text in it is not valid UTF-16");
    }
    return text;
  }

  private static Double finite(String attribute, double number) {
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      throw new SessionValueException(attribute, "the number " + number + " is refused; store a finite one");
    }
    return number;
  }

  private static Object whole(String attribute, BigInteger number) {
    if (number.bitLength() < Long.SIZE) {
      return number.longValue();
    }
    if (number.signum() < 0 || number.compareTo(LARGEST) > 0) {
      throw new SessionValueException(attribute, "a number in it has more than 64 bits; store a String");
    }
    return number;
  }

  /** Returns text if the bytes are UTF-8: the store makes no difference between the two. */
  static Object bytes(byte[] bytes) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return ByteBuffer.wrap(bytes.clone()).asReadOnlyBuffer();
    }
  }

  static byte[] array(ByteBuffer bytes) {
    byte[] array = new byte[bytes.remaining()];
    bytes.duplicate().get(array);
    return array;
  }

  /** Returns a new Java value of a stored value. An application may change it. */
  static Object java(Object stored) {
    if (stored == Undef.UNDEF) {
      return null;
    }
    if (stored instanceof Long) {
      long number = (Long) stored;
      if (number == (int) number) {
        return (int) number;
      }
    }
    if (stored instanceof ByteBuffer) {
      return array((ByteBuffer) stored);
    }
    if (stored instanceof List) {
      List<Object> list = new ArrayList<>();
      ((List<?>) stored).forEach(item -> list.add(java(item)));
      return list;
    }
    if (stored instanceof Map) {
      Map<Object, Object> map = new LinkedHashMap<>();
      ((Map<?, ?>) stored).forEach((key, value) -> map.put(key, java(value)));
      return map;
    }
    return stored;
  }

  /** Estimates the bytes of a stored value. */
  static long size(Object stored) {
    if (stored instanceof String) {
      return ((String) stored).length();
    }
    if (stored instanceof ByteBuffer) {
      return ((ByteBuffer) stored).remaining();
    }
    if (stored instanceof List) {
      return ((List<?>) stored).stream().mapToLong(Values::size).sum();
    }
    if (stored instanceof Map) {
      return ((Map<?, ?>) stored)
          .entrySet().stream().mapToLong(e -> size(e.getKey()) + size(e.getValue())).sum();
    }
    return 8;
  }

  private Values() {}
}
