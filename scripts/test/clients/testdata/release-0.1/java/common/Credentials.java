package sessions;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.Authenticator;
import java.net.PasswordAuthentication;
import java.util.Base64;

/**
 * The credentials in the environment. CREDENTIALS selects how the program sends the name and the password in
 * SOAP_LOGIN, or the key in SOAP_KEY. A client certificate needs no code: see ../cxf/tls.
 */
final class Credentials {
  private static final String[] LOGIN = System.getenv().getOrDefault("SOAP_LOGIN", "").split(":", 2);

  /** How the program sends the credentials, or "". */
  static String form() {
    return System.getenv().getOrDefault("CREDENTIALS", "");
  }

  static String name() {
    return LOGIN[0];
  }

  static String password() {
    return LOGIN[1];
  }

  /** Returns the header Authorization that each request has with some of the forms, or null. */
  static String authorization() {
    return switch (form()) {
      case "basic" ->
          "Basic " + Base64.getEncoder().encodeToString((name() + ':' + password()).getBytes(UTF_8));
      case "bearer" -> "Bearer " + System.getenv("SOAP_KEY");
      default -> null;
    };
  }

  /** With the form basic-challenge, lets the HTTP client of the JDK send the password when the service asks for it. */
  static void answerChallenge() {
    if (form().equals("basic-challenge")) {
      Authenticator.setDefault(new Login());
    }
  }

  private static final class Login extends Authenticator {
    private boolean sent;

    @Override
    protected PasswordAuthentication getPasswordAuthentication() {
      if (sent) {
        return null; // the password is wrong: the JDK would send it 20 times
      }
      sent = true;
      return new PasswordAuthentication(name(), password().toCharArray());
    }
  }

  private Credentials() {}
}
