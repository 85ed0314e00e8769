package sessions;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Converts values: String, byte[], null, List and Map are text, bytes, undef, lists and hashes.
 */
final class Values {
  static Entry entry(String key, Object v) {
    Entry entry = new Entry();
    entry.setKey(key);
    if (v == null) {
      entry.setUndef(true);
    } else if (v instanceof String text) {
      entry.setValue(text);
    } else if (v instanceof byte[] bytes) {
      entry.setBinary(bytes);
    } else if (v instanceof List<?> list) {
      entry.setList(list(list));
    } else {
      entry.setHash(hash((Map<?, ?>) v));
    }
    return entry;
  }

  static EntryList hash(Map<?, ?> map) {
    EntryList entries = new EntryList();
    map.forEach((key, v) -> entries.getEntry().add(entry((String) key, v)));
    return entries;
  }

  private static ItemList list(List<?> values) {
    ItemList items = new ItemList();
    for (Object v : values) {
      Entry entry = entry("", v);
      Item item = new Item();
      item.setValue(entry.getValue());
      item.setBinary(entry.getBinary());
      item.setHash(entry.getHash());
      item.setList(entry.getList());
      item.setUndef(entry.isUndef());
      items.getItem().add(item);
    }
    return items;
  }

  static Map<String, Object> map(EntryList entries) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (Entry e : entries.getEntry()) {
      map.put(e.getKey(), value(e.getValue(), e.getBinary(), e.getHash(), e.getList()));
    }
    return map;
  }

  private static Object value(String text, byte[] bytes, EntryList hash, ItemList list) {
    if (text != null) {
      return text;
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
    for (Item i : list.getItem()) {
      values.add(value(i.getValue(), i.getBinary(), i.getHash(), i.getList()));
    }
    return values;
  }

  private Values() {}
}
