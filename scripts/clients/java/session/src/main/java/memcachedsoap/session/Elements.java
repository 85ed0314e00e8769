package memcachedsoap.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import memcachedsoap.session.soap.Entry;
import memcachedsoap.session.soap.EntryList;
import memcachedsoap.session.soap.Item;
import memcachedsoap.session.soap.ItemList;
import memcachedsoap.session.soap.KeyList;

/**
 * Translates between stored values and the elements of messages.
 */
final class Elements {
  static EntryList entries(Map<?, ?> attributes) {
    EntryList entries = new EntryList();
    attributes.forEach((name, value) -> entries.getEntry().add(entry(AttributeNames.encode((String) name), value)));
    return entries;
  }

  static KeyList keys(Collection<String> names) {
    KeyList keys = new KeyList();
    names.forEach(name -> keys.getKey().add(AttributeNames.encode(name)));
    return keys;
  }

  private static Entry entry(String key, Object value) {
    Entry entry = new Entry();
    entry.setKey(key);
    if (value == Undef.UNDEF) {
      entry.setUndef(true);
    } else if (value instanceof ByteBuffer) {
      entry.setBinary(Values.array((ByteBuffer) value));
    } else if (value instanceof List) {
      ItemList items = new ItemList();
      ((List<?>) value).forEach(item -> items.getItem().add(item(item)));
      entry.setList(items);
    } else if (value instanceof Map) {
      entry.setHash(entries((Map<?, ?>) value));
    } else if (value instanceof String && !AttributeNames.isXml((String) value)) {
      entry.setBinary(((String) value).getBytes(UTF_8));
    } else {
      entry.setValue(value.toString());
      entry.setType(type(value));
    }
    return entry;
  }

  private static String type(Object value) {
    if (value instanceof Boolean) {
      return "boolean";
    }
    if (value instanceof Double) {
      return "double";
    }
    return value instanceof String ? null : "int";
  }

  private static Item item(Object value) {
    Entry entry = entry("", value);
    Item item = new Item();
    item.setValue(entry.getValue());
    item.setBinary(entry.getBinary());
    item.setHash(entry.getHash());
    item.setList(entry.getList());
    item.setUndef(entry.isUndef());
    item.setType(entry.getType());
    return item;
  }

  static Map<String, Object> attributes(EntryList entries) {
    Map<String, Object> attributes = new LinkedHashMap<>();
    for (Entry e : entries.getEntry()) {
      attributes.put(
          AttributeNames.decode(e.getKey()), value(e.getValue(), e.getType(), e.getBinary(), e.getHash(), e.getList()));
    }
    return attributes;
  }

  private static Object value(String text, String type, byte[] bytes, EntryList hash, ItemList list) {
    if (text != null) {
      return scalar(text, type);
    }
    if (bytes != null) {
      return Values.bytes(bytes);
    }
    if (hash != null) {
      return attributes(hash);
    }
    if (list == null) {
      return Undef.UNDEF;
    }
    List<Object> values = new ArrayList<>();
    for (Item i : list.getItem()) {
      values.add(value(i.getValue(), i.getType(), i.getBinary(), i.getHash(), i.getList()));
    }
    return values;
  }

  private static Object scalar(String text, String type) {
    if (type == null) {
      return text;
    }
    switch (type) {
      case "boolean":
        return text.equals("true") || text.equals("1");
      case "int":
        BigInteger whole = new BigInteger(text);
        return whole.bitLength() < Long.SIZE ? (Object) whole.longValue() : whole;
      case "double":
        return Double.valueOf(text);
      default:
        return text; // a type that a later service has is text to this client
    }
  }

  private Elements() {}
}
