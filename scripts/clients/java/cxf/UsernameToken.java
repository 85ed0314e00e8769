package sessions;

import static org.apache.wss4j.common.ConfigurationConstants.ACTION;
import static org.apache.wss4j.common.ConfigurationConstants.PASSWORD_TYPE;
import static org.apache.wss4j.common.ConfigurationConstants.PW_CALLBACK_REF;
import static org.apache.wss4j.common.ConfigurationConstants.TIMESTAMP;
import static org.apache.wss4j.common.ConfigurationConstants.USER;
import static org.apache.wss4j.common.ConfigurationConstants.USERNAME_TOKEN;

import java.util.Map;
import javax.security.auth.callback.CallbackHandler;
import org.apache.cxf.endpoint.Client;
import org.apache.cxf.frontend.ClientProxy;
import org.apache.cxf.ws.security.wss4j.WSS4JInInterceptor;
import org.apache.cxf.ws.security.wss4j.WSS4JOutInterceptor;
import org.apache.wss4j.common.ext.WSPasswordCallback;

/** Adds a name and a password to each message with Apache WSS4J. */
final class UsernameToken {
  /** Returns the port with the interceptors. A digest is a hash of the password. */
  static SessionPortType add(SessionPortType port, String name, String password, boolean digest) {
    CallbackHandler passwords =
        callbacks -> ((WSPasswordCallback) callbacks[0]).setPassword(password);
    Client client = ClientProxy.getClient(port);
    client.getOutInterceptors().add(new WSS4JOutInterceptor(Map.of(
        ACTION, USERNAME_TOKEN + " " + TIMESTAMP,
        USER, name,
        PASSWORD_TYPE, digest ? "PasswordDigest" : "PasswordText",
        PW_CALLBACK_REF, passwords)));
    // The service answers a Timestamp with a Timestamp.
    client.getInInterceptors().add(new WSS4JInInterceptor(Map.of(ACTION, TIMESTAMP)));
    return port;
  }

  private UsernameToken() {}
}
