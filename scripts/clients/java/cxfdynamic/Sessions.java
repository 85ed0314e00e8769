package sessions;

import java.beans.Introspector;
import java.beans.PropertyDescriptor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.cxf.endpoint.Client;
import org.apache.cxf.jaxws.endpoint.dynamic.JaxWsDynamicClientFactory;
import org.apache.cxf.message.Message;

/**
 * Calls the operations with CXF's dynamic client: it makes classes from the WSDL at run time, which
 * the program knows by name only. CXF checks each message by the schema.
 */
final class Sessions {
  private static final String PACKAGE = "soap.memcached.session.v1."; // CXF's name for the namespace
  private final Client client;

  Sessions(String wsdl) {
    client = JaxWsDynamicClientFactory.newInstance().createClient(wsdl);
    client.getEndpoint().put(Message.SCHEMA_VALIDATION_ENABLED, "true");
    // With this CXF reads the fault for wrong credentials, which has the HTTP status 401.
    client.getRequestContext().put("org.apache.cxf.transport.no_io_exceptions", true);
    if (Credentials.authorization() != null) {
      client.getRequestContext().put(
          Message.PROTOCOL_HEADERS, Map.of("Authorization", List.of(Credentials.authorization())));
    }
  }

  /** Calls an operation with its elements in their order, and returns the result. */
  Object call(String operation, Object... elements) throws Exception {
    return client.invoke(operation, elements)[0];
  }

  /** Returns the name of a typed fault and the first of the fields that it has, or null. */
  static String[] fault(Exception e, String... fields) throws Exception {
    PropertyDescriptor info = property(e, "faultInfo");
    if (info == null) {
      return null;
    }
    Object detail = info.getReadMethod().invoke(e);
    for (String field : fields) {
      if (property(detail, field) != null) {
        return new String[] {detail.getClass().getSimpleName(), get(detail, field).toString()};
      }
    }
    return null;
  }

  /** Returns a new object of one of CXF's classes. */
  static Object make(String type) throws Exception {
    Class<?> c = Class.forName(PACKAGE + type, true, Thread.currentThread().getContextClassLoader());
    return c.getDeclaredConstructor().newInstance();
  }

  private static PropertyDescriptor property(Object bean, String name) throws Exception {
    for (PropertyDescriptor p : Introspector.getBeanInfo(bean.getClass()).getPropertyDescriptors()) {
      if (p.getName().equals(name)) {
        return p;
      }
    }
    return null;
  }

  /** Returns a field of an object. A list is a List, to which the caller may add. */
  @SuppressWarnings("unchecked")
  static <T> T get(Object bean, String name) throws Exception {
    return (T) property(bean, name).getReadMethod().invoke(bean);
  }

  static void set(Object bean, String name, Object value) throws Exception {
    property(bean, name).getWriteMethod().invoke(bean, value);
  }

  /** Sets the fields of an entry or an item for a Java value. */
  private static Object fill(Object bean, Object v) throws Exception {
    if (v == null) {
      set(bean, "undef", true);
    } else if (v instanceof String) {
      set(bean, "value", v);
    } else if (Types.of(v) != null) {
      set(bean, "value", v.toString());
      set(bean, "type", Types.of(v));
    } else if (v instanceof byte[]) {
      set(bean, "binary", v);
    } else if (v instanceof List<?> list) {
      Object items = make("ItemList");
      for (Object item : list) {
        Sessions.<Collection<Object>>get(items, "item").add(fill(make("Item"), item));
      }
      set(bean, "list", items);
    } else {
      set(bean, "hash", hash((Map<?, ?>) v));
    }
    return bean;
  }

  static Object hash(Map<?, ?> map) throws Exception {
    Object entries = make("EntryList");
    for (Map.Entry<?, ?> e : map.entrySet()) {
      Object entry = fill(make("Entry"), e.getValue());
      set(entry, "key", e.getKey());
      Sessions.<Collection<Object>>get(entries, "entry").add(entry);
    }
    return entries;
  }

  static Map<String, Object> map(Object entries) throws Exception {
    Map<String, Object> map = new LinkedHashMap<>();
    for (Object entry : Sessions.<List<?>>get(entries, "entry")) {
      map.put(get(entry, "key"), value(entry));
    }
    return map;
  }

  private static Object value(Object bean) throws Exception {
    String text = get(bean, "value");
    if (text != null) {
      return Types.value(text, get(bean, "type"));
    }
    byte[] bytes = get(bean, "binary");
    if (bytes != null) {
      return bytes;
    }
    Object hash = get(bean, "hash");
    if (hash != null) {
      return map(hash);
    }
    Object list = get(bean, "list");
    if (list == null) {
      return null;
    }
    List<Object> values = new ArrayList<>();
    for (Object item : Sessions.<List<?>>get(list, "item")) {
      values.add(value(item));
    }
    return values;
  }
}
