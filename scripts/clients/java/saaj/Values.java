package sessions;

import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.namespace.QName;
import javax.xml.soap.SOAPElement;
import javax.xml.soap.SOAPException;

/**
 * Converts values: String, byte[], null, List and Map are text, bytes, undef, lists and hashes.
 */
final class Values {
  /** Adds the value of an entry or an item. */
  static void add(SOAPElement to, Object v) throws SOAPException {
    if (v == null) {
      Sessions.add(to, "undef", "true");
    } else if (v instanceof String text) {
      Sessions.add(to, "value", text);
    } else if (Types.of(v) != null) {
      Sessions.add(to, "value", v.toString());
      Sessions.add(to, "type", Types.of(v));
    } else if (v instanceof byte[] bytes) {
      Sessions.add(to, "binary", Base64.getEncoder().encodeToString(bytes));
    } else if (v instanceof List<?> list) {
      SOAPElement items = Sessions.add(to, "list");
      for (Object item : list) {
        add(Sessions.add(items, "item"), item);
      }
    } else {
      Sessions.addHash(to, "hash", (Map<?, ?>) v);
    }
  }

  static Map<String, Object> map(SOAPElement entries) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (SOAPElement e : children(entries, "entry")) {
      map.put(Sessions.text(e, "key"), value(e));
    }
    return map;
  }

  private static Object value(SOAPElement of) {
    String text = Sessions.text(of, "value");
    if (text != null) {
      return Types.value(text, Sessions.text(of, "type"));
    }
    String binary = Sessions.text(of, "binary");
    if (binary != null) {
      return Base64.getDecoder().decode(binary);
    }
    SOAPElement hash = Sessions.child(of, "hash");
    if (hash != null) {
      return map(hash);
    }
    SOAPElement list = Sessions.child(of, "list");
    if (list == null) {
      return null;
    }
    List<Object> values = new ArrayList<>();
    children(list, "item").forEach(item -> values.add(value(item)));
    return values;
  }

  static List<SOAPElement> children(SOAPElement parent, String name) {
    List<SOAPElement> children = new ArrayList<>();
    Iterator<?> all = parent.getChildElements(new QName(Sessions.NAMESPACE, name));
    all.forEachRemaining(child -> children.add((SOAPElement) child));
    return children;
  }

  private Values() {}
}
