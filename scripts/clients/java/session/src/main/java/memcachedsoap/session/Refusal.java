package memcachedsoap.session;

/**
 * An answer of the service that a caller can act on.
 */
final class Refusal extends Exception {
  private static final long serialVersionUID = 1L;

  enum Reason {
    ABSENT,
    DELETED,
    EXISTS,
    CONFLICT,
    UNREADABLE,
    TOO_LARGE
  }

  final Reason reason;
  final String text;

  Refusal(Reason reason, String text, Throwable cause) {
    super(text, cause);
    this.reason = reason;
    this.text = text;
  }

  boolean isGone() {
    return reason == Reason.ABSENT || reason == Reason.DELETED;
  }
}
