package memcachedsoap.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.xml.ws.BindingProvider;
import jakarta.xml.ws.handler.MessageContext;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import memcachedsoap.session.soap.SessionPortType;
import memcachedsoap.session.soap.SessionService;

/**
 * Makes the generated client ready: address, credentials, timeouts, certificates. JDK keeps the connections.
 */
final class Connection {
  /** Properties of the JAX-WS reference implementation. */
  private static final String CONNECT_TIMEOUT = "com.sun.xml.ws.connect.timeout";
  private static final String REQUEST_TIMEOUT = "com.sun.xml.ws.request.timeout";
  private static final String SOCKET_FACTORY = "com.sun.xml.ws.transport.https.client.SSLSocketFactory";
  private static final String CHUNK_SIZE = "com.sun.xml.ws.transport.http.client.streaming.chunk.size";

  static SessionPortType open(SessionSettings settings) {
    URL wsdl = Connection.class.getResource("session.wsdl");
    SessionPortType port = new SessionService(wsdl).getSessionPort();
    Map<String, Object> context = ((BindingProvider) port).getRequestContext();
    context.put(BindingProvider.ENDPOINT_ADDRESS_PROPERTY, settings.url().toString());
    int timeout = (int) Math.min(settings.timeout().toMillis(), Integer.MAX_VALUE);
    context.put(CONNECT_TIMEOUT, timeout);
    context.put(REQUEST_TIMEOUT, timeout);
    // The JDK repeats a POST whose connection was lost, but not one that it sends in chunks. A change that is repeated
    // blindly may follow a later one.
    context.put(CHUNK_SIZE, 8192);
    String authorization = authorization(settings);
    if (authorization != null) {
      context.put(MessageContext.HTTP_REQUEST_HEADERS, Map.of("Authorization", List.of(authorization)));
    }
    if (settings.caFile() != null) {
      context.put(SOCKET_FACTORY, trust(settings.caFile()));
    }
    return port;
  }

  private static String authorization(SessionSettings settings) {
    if (!settings.key().isEmpty()) {
      return "Bearer " + settings.key();
    }
    if (settings.user().isEmpty()) {
      return null;
    }
    String credentials = settings.user() + ":" + settings.password();
    return "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(UTF_8));
  }

  /** Trusts the certificates of a PEM file, and no others. */
  private static SSLSocketFactory trust(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (Certificate c : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("ca" + store.size(), c);
      }
      if (store.size() == 0) {
        throw new IllegalArgumentException("the setting ca-file of the session names a file without certificates");
      }
      TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context.getSocketFactory();
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalArgumentException("the setting ca-file of the session names a file that cannot be read", e);
    }
  }

  private Connection() {}
}
