package sessions;

import java.net.URI;
import java.net.URL;
import java.util.Iterator;
import java.util.Map;
import javax.xml.namespace.QName;
import javax.xml.soap.MessageFactory;
import javax.xml.soap.SOAPBody;
import javax.xml.soap.SOAPConnection;
import javax.xml.soap.SOAPConnectionFactory;
import javax.xml.soap.SOAPConstants;
import javax.xml.soap.SOAPElement;
import javax.xml.soap.SOAPException;
import javax.xml.soap.SOAPFault;
import javax.xml.soap.SOAPMessage;

/** Calls the operations with SAAJ. SAAJ has no types: messages are elements. */
final class Sessions {
  static final String NAMESPACE = "urn:memcached-soap:session:v1";

  /** A fault: the name of its detail, and the fields. */
  static final class FaultException extends Exception {
    final transient SOAPElement detail;

    FaultException(SOAPFault fault) {
      super(fault.getFaultString());
      detail = fault.getDetail() == null ? null : first(fault.getDetail());
    }
  }

  private final SOAPConnection connection;
  private final MessageFactory messages;
  private final String encoding;
  private final URL endpoint;

  /** protocol is a constant of SOAPConstants, encoding is UTF-8 or UTF-16. */
  Sessions(String endpoint, String protocol, String encoding) throws Exception {
    this.endpoint = URI.create(endpoint).toURL();
    this.encoding = encoding;
    messages = MessageFactory.newInstance(protocol);
    connection = SOAPConnectionFactory.newInstance().createConnection();
  }

  Sessions(String endpoint) throws Exception {
    this(endpoint, SOAPConstants.SOAP_1_1_PROTOCOL, "UTF-8");
  }

  /** Returns the element of an operation in a new message. */
  SOAPElement operation(String name) throws SOAPException {
    SOAPMessage message = messages.createMessage();
    message.setProperty(SOAPMessage.CHARACTER_SET_ENCODING, encoding);
    message.getMimeHeaders().setHeader("SOAPAction", '"' + NAMESPACE + '#' + name + '"');
    if (Credentials.authorization() != null) {
      message.getMimeHeaders().setHeader("Authorization", Credentials.authorization());
    }
    SOAPElement operation = message.getSOAPBody().addBodyElement(new QName(NAMESPACE, name, "s"));
    operation.setUserData("message", message, null);
    return operation;
  }

  /** Sends an operation and returns its result. */
  SOAPElement call(SOAPElement operation) throws SOAPException, FaultException {
    SOAPMessage answer = connection.call((SOAPMessage) operation.getUserData("message"), endpoint);
    SOAPBody body = answer.getSOAPBody();
    if (body.hasFault()) {
      throw new FaultException(body.getFault());
    }
    return first(first(body));
  }

  static SOAPElement add(SOAPElement parent, String name) throws SOAPException {
    return parent.addChildElement(new QName(NAMESPACE, name, "s"));
  }

  static SOAPElement add(SOAPElement parent, String name, String text) throws SOAPException {
    return add(parent, name).addTextNode(text);
  }

  /** Adds a list of entries. */
  static void addHash(SOAPElement parent, String name, Map<?, ?> map) throws SOAPException {
    SOAPElement list = add(parent, name);
    for (Map.Entry<?, ?> e : map.entrySet()) {
      SOAPElement entry = add(list, "entry");
      add(entry, "key", (String) e.getKey());
      Values.add(entry, e.getValue());
    }
  }

  /** Returns the first child with the name, or null. */
  static SOAPElement child(SOAPElement parent, String name) {
    Iterator<?> children = parent.getChildElements(new QName(NAMESPACE, name));
    return children.hasNext() ? (SOAPElement) children.next() : null;
  }

  /** Returns the text of the first child with the name, or null. */
  static String text(SOAPElement parent, String name) {
    SOAPElement child = child(parent, name);
    return child == null ? null : child.getTextContent();
  }

  private static SOAPElement first(SOAPElement parent) {
    for (var node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof SOAPElement element) {
        return element;
      }
    }
    return null;
  }
}
