package sessions

/**
 * Converts values: String, byte[], null, List and Map are text, bytes, undef, lists and hashes. Long, Double and
 * Boolean have a type.
 */
class Values {
  /** Returns the elements of a hash, for the builder of a message. */
  static Closure entries(Map attributes) {
    return { ->
      attributes.each { name, v ->
        entry {
          key name
          member(delegate, v)
        }
      }
    }
  }

  /** Adds the element of a value. */
  private static void member(builder, v) {
    switch (v) {
      case null: builder.undef true; break
      case byte[]: builder.binary v.encodeBase64().toString(); break
      case List: builder.list { -> v.each { element -> item { member(delegate, element) } } }; break
      case Map: builder.hash entries(v); break
      default:
        builder.value v as String
        if (type(v)) {
          builder.type type(v)
        }
    }
  }

  /** Returns the type of a number or a boolean, and null for other values. */
  static String type(v) {
    return v instanceof Long ? 'int' : v instanceof Double ? 'double' : v instanceof Boolean ? 'boolean' : null
  }

  /** Returns the value that a text of a type stands for. */
  private static typed(String text, String type) {
    switch (type) {
      case 'int': return text as Long
      case 'double': return text as Double
      case 'boolean': return text == 'true'
      default: return text
    }
  }

  /** Returns the map of a list of entries in an answer. */
  static Map<String, Object> map(entries) {
    return entries.entry.collectEntries { [it.key.text(), value(it)] }
  }

  /** Returns the value of an entry or an item in an answer. */
  private static value(holder) {
    def v = holder.children().find { it.name() != 'key' }
    switch (v.name()) {
      case 'value': return typed(v.text(), holder.type.text())
      case 'binary': return v.text().decodeBase64()
      case 'list': return v.item.collect { value(it) }
      case 'hash': return map(v)
      default: return null
    }
  }
}
