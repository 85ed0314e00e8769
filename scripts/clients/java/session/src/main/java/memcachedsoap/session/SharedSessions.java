package memcachedsoap.session;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import memcachedsoap.session.SharedSession.Delta;
import memcachedsoap.session.SharedSession.State;

/**
 * The sessions of an application at the service. A page reads its session once, which extends it, and stores what it
 * has changed once, without a lock: changes of pages that run at the same time are all kept.
 *
 * <p>Every method throws {@link SessionUnavailableException} if the service does not answer.
 */
public final class SharedSessions {
  private static final Logger LOG = System.getLogger("memcachedsoap.session");
  private static final int TRIES = 3;
  private static final int CHUNK = 100;
  private static final long LARGE = 1 << 20; // bytes

  private final SessionSettings settings;
  private final SoapSessions service;

  public SharedSessions(SessionSettings settings) {
    this.settings = settings;
    this.service = new SoapSessions(Connection.open(settings));
  }

  /** Returns a new session. Nothing is stored before {@link #save}. */
  public SharedSession create() {
    return new SharedSession(settings, SessionIds.create(), State.NEW);
  }

  /**
   * Returns a page's session without its content, for a page that may go on when the service does not answer. It is
   * never stored, and the browser keeps its id.
   */
  public SharedSession withoutContent(String id) {
    return new SharedSession(settings, id, State.UNAVAILABLE);
  }

  /** Reads a session and extends it. Returns null if the id is not valid, or no readable session has it. */
  public SharedSession find(String id) {
    if (!SessionIds.isValid(id)) {
      return null;
    }
    Duration idle = settings.idle();
    int ttl = idle.isNegative() ? -1 : (int) Math.max(1, idle.getSeconds());
    try {
      return new SharedSession(settings, service.get(id, ttl), true);
    } catch (Refusal e) {
      if (e.reason == Refusal.Reason.UNREADABLE) {
        log(id, "{1}; a new session begins", e.text);
      }
      return null;
    }
  }

  /**
   * Stores what was changed since the session was read. A new session without attributes is not stored. If the session
   * has ended meanwhile, the changes are dropped, and the log says so. After an exception nothing more is stored of
   * this session object: each further call throws the exception again.
   *
   * @throws SessionValueException if a value is refused, or the session would be too large
   * @throws SessionConflictException if another program has changed an exact attribute
   */
  public void save(SharedSession session) {
    if (session.state() == State.ENDED || session.state() == State.UNAVAILABLE) {
      return;
    }
    if (session.state() == State.FAILED) {
      throw session.failure(); // a filter saves again at the end of the page: the result is unknown, so no blind retry
    }
    try {
      write(session);
    } catch (SessionException e) {
      session.failed(e);
      throw e;
    }
  }

  private void write(SharedSession session) {
    if (session.ttl() == 0) {
      delete(session.getId());
      session.moved(State.ENDED, session.getId());
      return;
    }
    Delta delta = session.delta();
    try {
      if (session.state() == State.NEW) {
        if (!session.isEmpty(delta)) {
          session.accept(delta, store(session, delta));
        }
      } else if (!delta.isEmpty()) {
        session.accept(delta, update(session, delta));
      } else if (session.needsTouch()) {
        service.touch(session.getId(), session.ttl());
        session.touched();
      }
    } catch (Refusal e) {
      refused(session, delta, e);
    }
  }

  private void refused(SharedSession session, Delta delta, Refusal e) {
    switch (e.reason) {
      case ABSENT:
      case DELETED:
      case UNREADABLE:
        log(session.getId(), "the changes of a page were dropped: {1}", e.text);
        session.moved(State.ENDED, session.getId());
        return;
      case TOO_LARGE:
        throw new SessionValueException(
            largest(delta), "the session is too large with it: " + e.text, e);
      default:
        throw new SessionException("the session cannot be stored: " + e.text, e);
    }
  }

  /** Names the attribute that takes most of a change. */
  private String largest(Delta delta) {
    return delta.set.entrySet().stream()
        .max(Comparator.comparingLong(SharedSessions::size))
        .map(attribute -> settings.names().attribute(attribute.getKey()))
        .orElse("");
  }

  private static long size(Map.Entry<String, Object> attribute) {
    return attribute.getKey().length() + Values.size(attribute.getValue());
  }

  /** Stores a new session, under another id if its own is taken. */
  private String store(SharedSession session, Delta delta) throws Refusal {
    for (int i = 1; ; i++) {
      try {
        return service.create(session.getId(), delta.set, session.ttl(), lifetime());
      } catch (Refusal e) {
        if (e.reason != Refusal.Reason.EXISTS && e.reason != Refusal.Reason.DELETED || i == TRIES) {
          throw e;
        }
        session.moved(State.NEW, SessionIds.create());
      } catch (SessionException e) {
        throw named(delta, e);
      }
    }
  }

  private String update(SharedSession session, Delta delta) throws Refusal {
    Integer ttl = session.isInUse() ? session.ttl() : null;
    Integer lifetime = delta.set.containsKey("uid") ? lifetime() : null; // a login begins the absolute timeout anew
    Delta send = delta;
    String version = isExact(delta) ? session.version() : null;
    for (int i = 1; ; i++) {
      try {
        return service.update(session.getId(), send.set, send.remove, ttl, lifetime, version);
      } catch (Refusal e) {
        if (e.reason != Refusal.Reason.CONFLICT || i == TRIES) {
          throw e;
        }
        Content now = service.get(session.getId(), null);
        send = rebased(session, delta, now);
        version = now.version;
      } catch (SessionException e) {
        throw named(delta, e);
      }
    }
  }

  /** The service refuses a request that is too long without a typed fault: the attribute helps to find the cause. */
  private SessionException named(Delta delta, SessionException e) {
    long size = delta.set.entrySet().stream().mapToLong(SharedSessions::size).sum();
    if (e.getClass() != SessionException.class || size < LARGE) {
      return e;
    }
    return new SessionValueException(largest(delta), e.getMessage(), e);
  }

  private Integer lifetime() {
    return settings.lifetime() == null ? null : (int) Math.max(1, settings.lifetime().getSeconds());
  }

  private boolean isExact(Delta delta) {
    return delta.set.keySet().stream().anyMatch(this::isExact) || delta.remove.stream().anyMatch(this::isExact);
  }

  private boolean isExact(String key) {
    String name = settings.names().attribute(key);
    return name != null && settings.exact().contains(name);
  }

  /**
   * Repeats a change of exact attributes on what another program has stored meanwhile: to a whole number it adds the
   * difference, and any other attribute must be as it was read.
   */
  private Delta rebased(SharedSession session, Delta delta, Content now) {
    Map<String, Object> set = new LinkedHashMap<>(delta.set);
    for (String key : delta.remove) {
      if (isExact(key) && !session.read(key).equals(now.attributes.get(key))) {
        throw new SessionConflictException(settings.names().attribute(key));
      }
    }
    delta.set.forEach((key, value) -> {
      Object before = session.read(key);
      Object present = now.attributes.get(key);
      if (!isExact(key) || before == null && present == null || before != null && before.equals(present)) {
        return;
      }
      Object from = before == null ? Long.valueOf(0) : before;
      Object to = present == null ? Long.valueOf(0) : present;
      if (!(from instanceof Long && to instanceof Long && value instanceof Long)) {
        throw new SessionConflictException(settings.names().attribute(key));
      }
      BigInteger sum = BigInteger.valueOf((Long) to)
          .add(BigInteger.valueOf((Long) value).subtract(BigInteger.valueOf((Long) from)));
      set.put(key, Values.stored(settings.names().attribute(key), sum));
    });
    return new Delta(set, delta.remove);
  }

  /**
   * Gives a session a new id, at once: its content goes over, and the former id is worth nothing from then on. Returns
   * the new id.
   */
  public String rename(SharedSession session) {
    if (session.state() == State.UNAVAILABLE) {
      throw new SessionUnavailableException("the session service did not answer, so nobody can log in", 0, null);
    }
    for (int i = 1; ; i++) {
      String newId = SessionIds.create();
      if (session.state() != State.STORED) {
        session.moved(session.state(), newId);
        return newId;
      }
      try {
        session.setVersion(service.rename(session.getId(), newId));
        session.moved(State.STORED, newId);
        return newId;
      } catch (Refusal e) {
        if (e.isGone() || e.reason == Refusal.Reason.UNREADABLE) {
          log(session.getId(), "a session was not given a new id: {1}", e.text);
          session.moved(State.ENDED, newId);
          return newId;
        }
        if (e.reason != Refusal.Reason.EXISTS || i == TRIES) {
          throw new SessionException("the session cannot be given a new id: " + e.text, e);
        }
      }
    }
  }

  /** Deletes a session; there may be none. */
  public void delete(String id) {
    if (!SessionIds.isValid(id)) {
      return;
    }
    try {
      service.delete(id);
    } catch (Refusal e) {
      if (!e.isGone()) {
        throw new SessionException("the session cannot be deleted: " + e.text, e);
      }
    }
  }

  /**
   * Returns the sessions whose attribute has a value, without extending them.
   *
   * @param attribute is one by which the operator lets sessions be found
   */
  public List<SharedSession> findBy(String attribute, String value) {
    List<SharedSession> sessions = new ArrayList<>();
    if (value == null || value.isEmpty()) {
      return sessions;
    }
    try {
      List<String> ids = service.find(value, settings.names().stored(attribute));
      for (int from = 0; from < ids.size(); from += CHUNK) {
        read(ids.subList(from, Math.min(ids.size(), from + CHUNK)), sessions);
      }
      return sessions;
    } catch (Refusal e) {
      throw new SessionException("sessions cannot be listed: " + e.text, e);
    }
  }

  /** Reads sessions in smaller lists if one answer cannot have all of them, and leaves out one that is not readable. */
  private void read(List<String> ids, List<SharedSession> sessions) throws Refusal {
    try {
      for (Content content : service.getAll(ids)) {
        sessions.add(new SharedSession(settings, content, false));
      }
    } catch (Refusal e) {
      if (ids.size() > 1) {
        read(ids.subList(0, ids.size() / 2), sessions);
        read(ids.subList(ids.size() / 2, ids.size()), sessions);
      } else if (e.reason == Refusal.Reason.UNREADABLE) {
        log(ids.get(0), "{1}; it is left out of a list", e.text);
      } else {
        throw e;
      }
    }
  }

  /** Logs a user out everywhere, in the programs of all languages. Returns the number of sessions that were deleted. */
  public int deleteByPrincipal(String uid) {
    if (uid == null || uid.isEmpty()) {
      return 0;
    }
    try {
      return service.deleteAll(uid, "uid").size();
    } catch (Refusal e) {
      throw new SessionException("the sessions of a user cannot be deleted: " + e.text, e);
    }
  }

  private static void log(String id, String message, String cause) {
    LOG.log(Level.WARNING, "session {0}: " + message, SessionIds.hashPrefix(id), cause);
  }
}
