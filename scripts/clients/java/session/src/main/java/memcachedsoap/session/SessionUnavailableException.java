package memcachedsoap.session;

/**
 * The service or its store does not answer. The outcome of a change is unknown: the session has its old or its new
 * content. An application answers with the status 503, and never with an empty session.
 */
public class SessionUnavailableException extends SessionException {
  private static final long serialVersionUID = 1L;

  private final int retryAfter;

  public SessionUnavailableException(String message, int retryAfter, Throwable cause) {
    super(message, cause);
    this.retryAfter = retryAfter;
  }

  /** Returns the seconds to wait before a retry; 0 if the service did not say. */
  public int getRetryAfter() {
    return retryAfter;
  }
}
