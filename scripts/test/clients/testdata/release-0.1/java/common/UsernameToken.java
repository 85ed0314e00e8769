package sessions;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.xml.ws.api.message.Headers;
import com.sun.xml.ws.developer.WSBindingProvider;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;

/**
 * Adds a name and a password to each message, in the Security header of WS-Security, with Metro or JAX-WS RI. A
 * SOAPHandler would work with every JAX-WS, but with one JAX-WS RI 2.3 cannot send a carriage return.
 */
final class UsernameToken {
  private static final String WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-";
  private static final String SECURITY = WSS + "wssecurity-secext-1.0.xsd";
  private static final String UTILITY = WSS + "wssecurity-utility-1.0.xsd";
  private static final String TOKEN = WSS + "username-token-profile-1.0#";
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Returns a port that adds the header. A digest is a hash of the password. */
  static SessionPortType add(SessionPortType port, String name, String password, boolean digest) {
    return (SessionPortType)
        Proxy.newProxyInstance(
            UsernameToken.class.getClassLoader(),
            new Class<?>[] {SessionPortType.class},
            (proxy, method, arguments) -> {
              ((WSBindingProvider) port).setOutboundHeaders(Headers.create(security(name, password, digest)));
              try {
                return method.invoke(port, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static Element security(String name, String password, boolean digest)
      throws ParserConfigurationException, GeneralSecurityException {
    var document = DocumentBuilderFactory.newInstance().newDocumentBuilder().newDocument();
    Element security = document.createElementNS(SECURITY, "wsse:Security");
    Element token = add(security, SECURITY, "wsse:UsernameToken", "");
    add(token, SECURITY, "wsse:Username", name);
    if (!digest) {
      add(token, SECURITY, "wsse:Password", password).setAttribute("Type", TOKEN + "PasswordText");
      return security;
    }
    byte[] nonce = new byte[16];
    RANDOM.nextBytes(nonce);
    String created = Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
    MessageDigest hash = MessageDigest.getInstance("SHA-1"); // as the standard wants it
    hash.update(nonce);
    hash.update(created.getBytes(UTF_8));
    hash.update(password.getBytes(UTF_8));
    Base64.Encoder base64 = Base64.getEncoder();
    add(token, SECURITY, "wsse:Password", base64.encodeToString(hash.digest()))
        .setAttribute("Type", TOKEN + "PasswordDigest");
    add(token, SECURITY, "wsse:Nonce", base64.encodeToString(nonce));
    add(token, UTILITY, "wsu:Created", created);
    return security;
  }

  private static Element add(Element parent, String namespace, String name, String text) {
    Element child = parent.getOwnerDocument().createElementNS(namespace, name);
    child.setTextContent(text);
    parent.appendChild(child);
    return child;
  }

  private UsernameToken() {}
}
