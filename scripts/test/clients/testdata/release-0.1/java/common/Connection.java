package sessions;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.xml.ws.BindingProvider;
import jakarta.xml.ws.WebServiceFeature;
import jakarta.xml.ws.handler.MessageContext;
import jakarta.xml.ws.soap.AddressingFeature;
import jakarta.xml.ws.soap.MTOMFeature;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Other message forms of JAX-WS, and the credentials. The service accepts all forms at the same address.
 */
final class Connection {
  static SessionPortType open(String wsdl, String mode) throws IOException {
    Credentials.answerChallenge(); // before the toolkit reads the WSDL
    URL url = URI.create(wsdl).toURL();
    if (mode.startsWith("soap12")) {
      url = soap12(url);
    }
    WebServiceFeature[] features =
        switch (mode) {
          case "mtom", "soap12mtom" -> new WebServiceFeature[] {new MTOMFeature()};
          case "addressing" -> new WebServiceFeature[] {new AddressingFeature()};
          default -> new WebServiceFeature[0];
        };
    SessionPortType sessions = new SessionService(url).getSessionPort(features);
    Map<String, Object> context = ((BindingProvider) sessions).getRequestContext();
    // With this CXF reads the fault for wrong credentials, which has the HTTP status 401.
    context.put("org.apache.cxf.transport.no_io_exceptions", true);
    switch (Credentials.form()) {
      case "basic" -> {
        context.put(BindingProvider.USERNAME_PROPERTY, Credentials.name());
        context.put(BindingProvider.PASSWORD_PROPERTY, Credentials.password());
      }
      case "bearer" ->
          context.put(
              MessageContext.HTTP_REQUEST_HEADERS,
              Map.of("Authorization", List.of(Credentials.authorization())));
      default -> {}
    }
    switch (mode) { // only Metro and the RI have these two
      case "gzip" ->
          context.put(MessageContext.HTTP_REQUEST_HEADERS, Map.of("Content-Encoding", List.of("gzip")));
      case "chunked" -> context.put("com.sun.xml.ws.transport.http.client.streaming.chunk.size", 8192);
      default -> {}
    }
    if (Credentials.form().startsWith("usernametoken")) {
      boolean digest = Credentials.form().endsWith("-digest");
      return UsernameToken.add(sessions, Credentials.name(), Credentials.password(), digest);
    }
    return sessions;
  }

  /** Returns a copy of the WSDL with a binding for SOAP 1.2. */
  private static URL soap12(URL wsdl) throws IOException {
    try (var content = wsdl.openStream()) {
      Path copy = Files.createTempFile("sessions", ".wsdl");
      copy.toFile().deleteOnExit();
      String text = new String(content.readAllBytes(), UTF_8);
      Files.writeString(copy, text.replace("xmlsoap.org/wsdl/soap/", "xmlsoap.org/wsdl/soap12/"));
      return copy.toUri().toURL();
    }
  }

  private Connection() {}
}
