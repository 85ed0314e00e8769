package sessions

/** Converts values: String, byte[], null, List and Map are text, bytes, undef, lists and hashes. */
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
      default: builder.value v as String
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
      case 'value': return v.text()
      case 'binary': return v.text().decodeBase64()
      case 'list': return v.item.collect { value(it) }
      case 'hash': return map(v)
      default: return null
    }
  }
}
