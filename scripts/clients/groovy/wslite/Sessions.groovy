package sessions

import wslite.soap.SOAPClient
import wslite.soap.SOAPFaultException
import wslite.soap.SOAPMessageBuilder
import wslite.soap.SOAPVersion

/** Calls the operations with wslite. wslite does not read the WSDL: closures build the messages. */
class Sessions {
  static final String NAMESPACE = 'urn:memcached-soap:session:v1'

  final SOAPClient client

  Sessions(String endpoint) {
    client = new SOAPClient(endpoint)
  }

  /** Calls an operation and returns its result. The closure builds the elements of the operation. */
  def call(String operation, Closure elements = { -> }) {
    def message = new SOAPMessageBuilder()
    message.body { -> "$operation"(xmlns: NAMESPACE, elements) }
    // The builder sends a carriage return unescaped, and XML reads it as a line feed.
    String text = message.toString().replace('\r', '&#13;')
    def response = client.send(SOAPVersion.V1_1, text, SOAPAction: "$NAMESPACE#$operation")
    // The parser of wslite drops a text that has only blanks.
    def parser = new XmlSlurper(keepIgnorableWhitespace: true)
    return parser.parseText(response.text).Body.children()[0].children()[0]
  }

  /** Returns the typed detail of a fault: its name() is the name of the fault, its elements are the fields. */
  static detail(SOAPFaultException e) {
    return e.fault.detail.children()[0]
  }
}
