package memcachedsoap.spring;

import java.util.LinkedHashMap;
import java.util.Map;
import memcachedsoap.session.SessionSettings;
import memcachedsoap.session.SharedSession;
import memcachedsoap.session.SharedSessions;
import org.springframework.session.FindByIndexNameSessionRepository;

/**
 * The repository of Spring Session whose sessions all programs of the estate share. {@link SharedSessions} says what a
 * page costs, and what happens if the service does not answer.
 */
public final class SharedSessionRepository implements FindByIndexNameSessionRepository<SharedSpringSession> {
  private final SessionSettings settings;
  private final SharedSessions sessions;

  public SharedSessionRepository(SessionSettings settings) {
    this.settings = settings;
    this.sessions = new SharedSessions(settings);
  }

  @Override
  public SharedSpringSession createSession() {
    return new SharedSpringSession(this, sessions.create());
  }

  @Override
  public void save(SharedSpringSession session) {
    sessions.save(session.shared());
  }

  @Override
  public SharedSpringSession findById(String id) {
    return of(sessions.find(id));
  }

  private SharedSpringSession of(SharedSession session) {
    return session == null ? null : new SharedSpringSession(this, session);
  }

  @Override
  public void deleteById(String id) {
    sessions.delete(id);
  }

  /**
   * Returns the sessions whose attribute has a value, by their ids.
   *
   * @param indexName is {@link #PRINCIPAL_NAME_INDEX_NAME} for the attribute uid, or the name of another attribute by
   *     which the operator lets sessions be found (--principal)
   */
  @Override
  public Map<String, SharedSpringSession> findByIndexNameAndIndexValue(String indexName, String indexValue) {
    String attribute = indexName.equals(PRINCIPAL_NAME_INDEX_NAME) ? "uid" : indexName;
    Map<String, SharedSpringSession> found = new LinkedHashMap<>();
    for (SharedSession session : sessions.findBy(attribute, indexValue)) {
      found.put(session.getId(), of(session));
    }
    return found;
  }

  /**
   * Logs a user out everywhere, in the programs of all languages: after a change of the password, or when an account is
   * locked. Returns the number of sessions that were deleted.
   */
  public int deleteByPrincipalName(String uid) {
    return sessions.deleteByPrincipal(uid);
  }

  String rename(SharedSpringSession session) {
    return sessions.rename(session.shared());
  }

  SharedSpringSession withoutContent(String id) {
    return of(sessions.withoutContent(id));
  }

  SessionSettings settings() {
    return settings;
  }
}
