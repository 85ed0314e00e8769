package sessions

/** The sessions that the tests store, and the form in which they compare them. */
class Fixture {
  /** Returns the session that a command stores. */
  static Map<String, Object> of(String command) {
    switch (command) {
      case 'writetext': return [text900k: '0123456789' * 90_000]
      case 'writebig': return [bytes900k: octets(900_000)]
      case 'writecontrol': return [control: 'XML has no \u0001']
    }
    return [
      plain: 'plain',
      special: '<&>"\']]>',
      accents: 'é ü ß ñ – €',
      emoji: '😀 🎉',
      lines: 'LF\nCRLF\r\nCR\rtab\tend',
      blanks: '  outer blanks  ',
      empty: '',
      undef: null,
      bytes: octets(256),
      'a key with <blanks>': 'key',
      nested: [list: ['a', null, [0, -1] as byte[], [k: 'v']], undef: null, bytes: [0, 1] as byte[]],
      single: ['one'],
      emptylist: [],
      emptyhash: [:],
      digits: '0042',
      int: 9_007_199_254_740_993L,
      double: 0.1d,
      true: true,
      false: false,
      numbers: [-1L, 2.5d],
    ]
  }

  private static byte[] octets(int n) {
    return (0..<n).collect { (byte) it } as byte[]
  }

  /** Prints attributes in the form that the tests compare. */
  static void print(Map<String, Object> attributes) {
    attributes.findAll { name, v -> !name.startsWith('_') }.collect { name, v -> "${hex(name)}\t${rendered(v)}" }
        .sort().each { println it }
  }

  private static String rendered(v) {
    switch (v) {
      case null: return 'u'
      case String: return 't:' + hex(v)
      case byte[]: return 'b:' + v.encodeHex()
      case { Values.type(v) }: return "${Values.type(v)}:$v"
      case List: return "l(${v.collect { rendered(it) }.join(',')})"
      default: return "h(${v.collect { name, element -> "${hex(name)}=${rendered(element)}" }.sort().join(',')})"
    }
  }

  private static String hex(String text) {
    return text.getBytes('UTF-8').encodeHex()
  }
}
