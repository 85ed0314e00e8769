package sessions;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.xml.ws.BindingProvider;
import jakarta.xml.ws.WebServiceFeature;
import jakarta.xml.ws.handler.MessageContext;
import jakarta.xml.ws.soap.AddressingFeature;
import jakarta.xml.ws.soap.MTOMFeature;
import java.io.IOException;
import java.net.Authenticator;
import java.net.PasswordAuthentication;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Other message forms of JAX-WS. The service accepts them at the same address. CREDENTIALS selects how the program
 * sends the name and the password in SOAP_LOGIN: by default with HTTP Basic.
 */
final class Connection {
  static SessionPortType open(String wsdl, String mode) throws IOException {
    String login = System.getenv("SOAP_LOGIN"); // name:password
    String credentials = System.getenv().getOrDefault("CREDENTIALS", "basic");
    String[] parts = login == null ? null : login.split(":", 2);
    if (login != null && credentials.equals("basic")) {
      Authenticator.setDefault( // also for reading the WSDL
          new Authenticator() {
            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
              return new PasswordAuthentication(parts[0], parts[1].toCharArray());
            }
          });
    }
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
    if (credentials.startsWith("usernametoken")) {
      UsernameToken.add(sessions, parts[0], parts[1], credentials.equals("usernametoken-digest"));
    }
    Map<String, Object> context = ((BindingProvider) sessions).getRequestContext();
    switch (mode) { // only Metro and the RI have these two
      case "gzip" ->
          context.put(MessageContext.HTTP_REQUEST_HEADERS, Map.of("Content-Encoding", List.of("gzip")));
      case "chunked" -> context.put("com.sun.xml.ws.transport.http.client.streaming.chunk.size", 8192);
      default -> {}
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
