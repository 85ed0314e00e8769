package sessions;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.xml.soap.SOAPElement;
import jakarta.xml.soap.SOAPEnvelope;
import jakarta.xml.soap.SOAPException;
import jakarta.xml.soap.SOAPHeader;
import jakarta.xml.soap.SOAPHeaderElement;
import jakarta.xml.ws.Binding;
import jakarta.xml.ws.BindingProvider;
import jakarta.xml.ws.ProtocolException;
import jakarta.xml.ws.handler.Handler;
import jakarta.xml.ws.handler.MessageContext;
import jakarta.xml.ws.handler.soap.SOAPHandler;
import jakarta.xml.ws.handler.soap.SOAPMessageContext;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import javax.xml.namespace.QName;

/** Adds a name and a password to each message, in the Security header of WS-Security. */
final class UsernameToken implements SOAPHandler<SOAPMessageContext> {
  private static final String WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-";
  private static final String SECURITY = WSS + "wssecurity-secext-1.0.xsd";
  private static final String UTILITY = WSS + "wssecurity-utility-1.0.xsd";
  private static final String TOKEN = WSS + "username-token-profile-1.0#";

  private final String name;
  private final String password;
  private final boolean digest;
  private final SecureRandom random = new SecureRandom();

  private UsernameToken(String name, String password, boolean digest) {
    this.name = name;
    this.password = password;
    this.digest = digest;
  }

  /** Adds the handler to a port. A digest is a hash of the password. */
  static void add(SessionPortType port, String name, String password, boolean digest) {
    Binding binding = ((BindingProvider) port).getBinding();
    @SuppressWarnings("rawtypes")
    List<Handler> handlers = binding.getHandlerChain();
    handlers.add(new UsernameToken(name, password, digest));
    binding.setHandlerChain(handlers);
  }

  @Override
  public boolean handleMessage(SOAPMessageContext context) {
    if ((Boolean) context.get(MessageContext.MESSAGE_OUTBOUND_PROPERTY)) {
      try {
        SOAPEnvelope envelope = context.getMessage().getSOAPPart().getEnvelope();
        SOAPHeader header = envelope.getHeader() == null ? envelope.addHeader() : envelope.getHeader();
        SOAPHeaderElement security = header.addHeaderElement(new QName(SECURITY, "Security", "wsse"));
        security.setMustUnderstand(true);
        fill(security.addChildElement("UsernameToken", "wsse"));
      } catch (SOAPException | GeneralSecurityException e) {
        throw new ProtocolException(e);
      }
    }
    return true;
  }

  private void fill(SOAPElement token) throws SOAPException, GeneralSecurityException {
    token.addChildElement("Username", "wsse").addTextNode(name);
    SOAPElement secret = token.addChildElement("Password", "wsse");
    if (!digest) {
      secret.addAttribute(new QName("Type"), TOKEN + "PasswordText");
      secret.addTextNode(password);
      return;
    }
    byte[] nonce = new byte[16];
    random.nextBytes(nonce);
    String created = Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
    MessageDigest hash = MessageDigest.getInstance("SHA-1"); // as the standard wants it
    hash.update(nonce);
    hash.update(created.getBytes(UTF_8));
    hash.update(password.getBytes(UTF_8));
    Base64.Encoder base64 = Base64.getEncoder();
    secret.addAttribute(new QName("Type"), TOKEN + "PasswordDigest");
    secret.addTextNode(base64.encodeToString(hash.digest()));
    token.addChildElement("Nonce", "wsse").addTextNode(base64.encodeToString(nonce));
    token.addChildElement("Created", "wsu", UTILITY).addTextNode(created);
  }

  @Override
  public boolean handleFault(SOAPMessageContext context) {
    return true;
  }

  @Override
  public void close(MessageContext context) {}

  @Override
  public Set<QName> getHeaders() {
    return Set.of(new QName(SECURITY, "Security"));
  }
}
