package sessions;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.activation.DataHandler;
import org.apache.axiom.attachments.ByteArrayDataSource;
import v1.session.memcached_soap.Entry;
import v1.session.memcached_soap.EntryList;
import v1.session.memcached_soap.Item;
import v1.session.memcached_soap.ItemList;

/**
 * Converts values: String, byte[], null, List and Map are text, bytes, undef, lists and hashes. Axis2
 * uses arrays for lists, null for an empty one, and a DataHandler for bytes.
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
      entry.setBinary(new DataHandler(new ByteArrayDataSource(bytes, "application/octet-stream")));
    } else if (v instanceof List<?> list) {
      entry.setList(list(list));
    } else {
      entry.setHash(hash((Map<?, ?>) v));
    }
    return entry;
  }

  static EntryList hash(Map<?, ?> map) {
    EntryList entries = new EntryList();
    map.forEach((key, v) -> entries.addEntry(entry((String) key, v)));
    return entries;
  }

  private static ItemList list(List<?> values) {
    ItemList items = new ItemList();
    for (Object v : values) {
      Entry entry = entry("", v);
      Item item = new Item();
      if (entry.isValueSpecified()) {
        item.setValue(entry.getValue());
        if (entry.isTypeSpecified()) {
          item.setType(entry.getType());
        }
      } else if (entry.isBinarySpecified()) {
        item.setBinary(entry.getBinary());
      } else if (entry.isHashSpecified()) {
        item.setHash(entry.getHash());
      } else if (entry.isListSpecified()) {
        item.setList(entry.getList());
      } else {
        item.setUndef(true);
      }
      items.addItem(item);
    }
    return items;
  }

  static Map<String, Object> map(EntryList entries) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (Entry e : entries.getEntry() == null ? new Entry[0] : entries.getEntry()) {
      map.put(e.getKey(), value(e.getValue(), e.getType(), e.getBinary(), e.getHash(), e.getList()));
    }
    return map;
  }

  private static Object value(String text, String type, DataHandler bytes, EntryList hash, ItemList list) {
    if (text != null) {
      return Types.value(text, type);
    }
    if (bytes != null) {
      return content(bytes);
    }
    if (hash != null) {
      return map(hash);
    }
    if (list == null) {
      return null;
    }
    List<Object> values = new ArrayList<>();
    for (Item i : list.getItem() == null ? new Item[0] : list.getItem()) {
      values.add(value(i.getValue(), i.getType(), i.getBinary(), i.getHash(), i.getList()));
    }
    return values;
  }

  private static byte[] content(DataHandler bytes) {
    try (var out = new ByteArrayOutputStream()) {
      bytes.writeTo(out);
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Values() {}
}
