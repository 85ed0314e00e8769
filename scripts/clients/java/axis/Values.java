package sessions;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Converts values: String, byte[], null, List and Map are text, bytes, undef, lists and hashes. Axis
 * uses arrays for the lists of the contract.
 */
final class Values {
  static Entry entry(String key, Object v) {
    Entry entry = new Entry();
    entry.setKey(key);
    if (v == null) {
      entry.setUndef(true);
    } else if (v instanceof String text) {
      entry.setValue(text);
    } else if (Types.of(v) != null) {
      entry.setValue(v.toString());
      entry.setType(Types.of(v));
    } else if (v instanceof byte[] bytes) {
      entry.setBinary(bytes);
    } else if (v instanceof List<?> list) {
      entry.setList(list.stream().map(Values::item).toArray(Item[]::new));
    } else {
      entry.setHash(hash((Map<?, ?>) v));
    }
    return entry;
  }

  private static Item item(Object v) {
    Entry e = entry("", v);
    return new Item(e.getValue(), e.getBinary(), e.getHash(), e.getList(), e.getUndef(), e.getType());
  }

  static Entry[] hash(Map<?, ?> map) {
    return map.entrySet().stream().map(e -> entry((String) e.getKey(), e.getValue())).toArray(Entry[]::new);
  }

  static Map<String, Object> map(Entry[] entries) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (Entry e : entries) {
      map.put(e.getKey(), value(e.getValue(), e.getType(), e.getBinary(), e.getHash(), e.getList()));
    }
    return map;
  }

  private static Object value(String text, String type, byte[] bytes, Entry[] hash, Item[] list) {
    if (text != null) {
      return Types.value(text, type);
    }
    if (bytes != null) {
      return bytes;
    }
    if (hash != null) {
      return map(hash);
    }
    if (list == null) {
      return null;
    }
    List<Object> values = new ArrayList<>();
    for (Item i : list) {
      values.add(value(i.getValue(), i.getType(), i.getBinary(), i.getHash(), i.getList()));
    }
    return values;
  }

  private Values() {}
}
