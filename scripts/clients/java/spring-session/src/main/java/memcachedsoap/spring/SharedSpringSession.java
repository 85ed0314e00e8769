package memcachedsoap.spring;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import memcachedsoap.session.SessionValueException;
import memcachedsoap.session.SharedSession;
import org.springframework.session.FindByIndexNameSessionRepository;
import org.springframework.session.Session;

/**
 * A session of {@link SharedSessionRepository}.
 */
public final class SharedSpringSession implements Session {
  private static final String SECURITY_CONTEXT = "SPRING_SECURITY_CONTEXT";
  private static final String PRINCIPAL = FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME;

  private final SharedSessionRepository repository;
  private final SharedSession session;

  SharedSpringSession(SharedSessionRepository repository, SharedSession session) {
    this.repository = repository;
    this.session = session;
  }

  SharedSession shared() {
    return session;
  }

  @Override
  public String getId() {
    return session.getId();
  }

  /** Gives the session a new id at the service, at once, so that the former id is worth nothing from then on. */
  @Override
  public String changeSessionId() {
    return repository.rename(this);
  }

  @Override
  @SuppressWarnings("unchecked") // the caller decides, as in each session of Spring
  public <T> T getAttribute(String name) {
    Object value = session.getAttribute(stored(name));
    return (T) (name.equals(PRINCIPAL) ? principal(value) : FrameworkValues.read(value));
  }

  /** Returns the name of a user, which a program may have stored as a number; null if it is none. */
  static String principal(Object uid) {
    return uid instanceof String || uid instanceof Integer || uid instanceof Long ? uid.toString() : null;
  }

  @Override
  public Set<String> getAttributeNames() {
    return session.getAttributeNames();
  }

  @Override
  public void setAttribute(String name, Object value) {
    if (name.equals(SECURITY_CONTEXT) && value != null) {
      throw new SessionValueException(
          name,
          "a security context is not stored, because other programs cannot read it; give Spring Security the"
              + " SharedLoginRepository as its SecurityContextRepository");
    }
    session.setAttribute(stored(name), FrameworkValues.stored(value));
  }

  @Override
  public void removeAttribute(String name) {
    session.setAttribute(stored(name), null);
  }

  /** The principal of Spring Session is the user of the shared login. */
  private static String stored(String name) {
    return name.equals(PRINCIPAL) ? "uid" : name;
  }

  @Override
  public Instant getCreationTime() {
    return session.getCreationTime();
  }

  @Override
  public void setLastAccessedTime(Instant time) {
    session.setLastAccessedTime(time);
  }

  @Override
  public Instant getLastAccessedTime() {
    return session.getLastAccessedTime();
  }

  @Override
  public void setMaxInactiveInterval(Duration interval) {
    session.setIdle(interval);
  }

  @Override
  public Duration getMaxInactiveInterval() {
    return session.getIdle();
  }

  @Override
  public boolean isExpired() {
    return session.isExpired();
  }
}
