package memcachedsoap.session;

/**
 * Something is wrong with a session or with the service. Its message has neither an id nor a value of a session.
 */
public class SessionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SessionException(String message) {
    super(message);
  }

  public SessionException(String message, Throwable cause) {
    super(message, cause);
  }
}
