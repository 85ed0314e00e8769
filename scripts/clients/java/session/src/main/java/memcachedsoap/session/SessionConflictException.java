package memcachedsoap.session;

/**
 * An attribute that was declared exact was changed by another program since this one has read it, and the two changes
 * cannot both be kept. Nothing was stored. The message names the attribute.
 */
public class SessionConflictException extends SessionValueException {
  private static final long serialVersionUID = 1L;

  public SessionConflictException(String attribute) {
    super(attribute, "another program has changed it since it was read; read the session again and repeat the change");
  }
}
