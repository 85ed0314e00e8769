package memcachedsoap.session;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One session as a request sees it: what was stored when it was read, and what the request has changed since. Values
 * that the request changes in place, such as a list, count as changed, too. Its methods may be called by several
 * threads.
 */
public final class SharedSession {
  /** Where the request stands with the service. */
  enum State {
    /** Nothing is stored. */
    NEW,
    STORED,
    /** The session has ended: no change is stored any more. */
    ENDED,
    /** The service did not answer, and the page goes on without its session. */
    UNAVAILABLE,
    /** A change could not be stored. */
    FAILED
  }

  private static final String CREATED = "memcachedsoap.created";
  private static final String IDLE = "memcachedsoap.idle";
  private static final Object REMOVED = new Object();

  private final SessionSettings settings;
  private final AttributeNames names;
  private final Map<String, Object> stored;
  private final Map<String, Object> changed = new HashMap<>(); // by stored name: Java values that the request has

  private String id;
  private State state;
  private String version;
  private Instant lastAccessed;
  private Duration idle;
  private SessionException failure;
  private boolean inUse = true; // not only looked at in a list
  private boolean touched; // the service counts the idle timeout from this request

  SharedSession(SessionSettings settings, String id, State state) {
    this.settings = settings;
    this.names = settings.names();
    this.id = id;
    this.state = state;
    this.stored = new HashMap<>();
    this.idle = settings.idle();
    this.lastAccessed = Instant.now();
    if (state == State.NEW) {
      changed.put(names.own(CREATED), lastAccessed.toEpochMilli());
    }
  }

  SharedSession(SessionSettings settings, Content content, boolean touched) {
    this(settings, content.id, State.STORED);
    stored.putAll(content.attributes);
    version = content.version;
    this.inUse = touched;
    Object own = stored.get(names.own(IDLE));
    if (own instanceof Long) {
      idle = Duration.ofSeconds((Long) own);
    }
    this.touched = touched && idle.equals(settings.idle()); // it was read with that idle timeout
    if (!touched && content.expiresIn != null && !idle.isNegative()) {
      // Other clocks do not matter: the service says what is left of the idle timeout.
      Instant last = lastAccessed.minus(idle).plusSeconds(content.expiresIn);
      lastAccessed = last.isAfter(lastAccessed) ? lastAccessed : last;
      lastAccessed = lastAccessed.isBefore(getCreationTime()) ? getCreationTime() : lastAccessed;
    }
  }

  public synchronized String getId() {
    return id;
  }

  /**
   * Returns the value of an attribute; null if it is absent. A list, a map or bytes are the session's own: what the
   * request changes in them is stored with the session.
   *
   * @throws SessionValueException if it is an object of a class that is not allowed
   */
  public synchronized Object getAttribute(String name) {
    String key = names.stored(name);
    Object value = changed.get(key);
    if (value != null) {
      return value == REMOVED || value == Undef.UNDEF ? null : value;
    }
    Object kept = stored.get(key);
    if (kept == null || isInternal(key)) {
      return null;
    }
    value = java(name, key, kept);
    if (value instanceof List || value instanceof Map || kept instanceof ByteBuffer) {
      changed.put(key, value); // the request may change it
    }
    return value;
  }

  private Object java(String name, String key, Object kept) {
    if (kept instanceof ByteBuffer && names.isOwn(key) && settings.objects() != null) {
      if (PrivateObjects.isObject((ByteBuffer) kept)) {
        return settings.objects().read(name, (ByteBuffer) kept);
      }
    }
    return Values.java(kept);
  }

  /** Returns the names of all attributes that this application sees. */
  public synchronized Set<String> getAttributeNames() {
    Set<String> keys = new LinkedHashSet<>(stored.keySet());
    changed.forEach((key, value) -> {
      if (value == REMOVED) {
        keys.remove(key);
      } else {
        keys.add(key);
      }
    });
    Set<String> visible = new LinkedHashSet<>();
    for (String key : keys) {
      String name = names.attribute(key);
      if (name != null && !isInternal(key)) {
        visible.add(name);
      }
    }
    return visible;
  }

  /**
   * Sets an attribute; null removes it, {@link Undef#UNDEF} stores that it has no value.
   *
   * @throws SessionValueException if the value has a type that is refused
   */
  public synchronized void setAttribute(String name, Object value) {
    String key = names.stored(name);
    if (AttributeNames.isBroken(name) || isInternal(key)) {
      throw new SessionValueException(name, "the name is refused: it is reserved, or no valid text");
    }
    if (value == null) {
      changed.put(key, REMOVED);
      return;
    }
    storedValue(key, value); // refuses it here, where the mistake is
    changed.put(key, value);
  }

  private boolean isInternal(String key) {
    return key.equals(names.own(CREATED)) || key.equals(names.own(IDLE));
  }

  private Object storedValue(String key, Object value) {
    String name = names.attribute(key);
    try {
      return Values.stored(name, value);
    } catch (SessionValueException e) {
      if (settings.objects() == null || !names.isOwn(key)) {
        throw e;
      }
      return settings.objects().write(name, value);
    }
  }

  /** Returns when the session was created; if another program has created it, when the user has logged in. */
  public synchronized Instant getCreationTime() {
    Object created = changed.getOrDefault(names.own(CREATED), stored.get(names.own(CREATED)));
    if (created instanceof Long) {
      return Instant.ofEpochMilli((Long) created);
    }
    Object login = stored.get("_utime");
    if (login instanceof Long || login instanceof String && ((String) login).matches("[0-9]{1,10}")) {
      return Instant.ofEpochSecond(Long.parseLong(login.toString()));
    }
    return lastAccessed;
  }

  public synchronized Instant getLastAccessedTime() {
    return lastAccessed;
  }

  /** Says that the session is in use. The service counts its idle timeout anew when the session is saved. */
  public synchronized void setLastAccessedTime(Instant time) {
    lastAccessed = time;
    inUse = true;
  }

  public synchronized Duration getIdle() {
    return idle;
  }

  /** Sets the idle timeout of this session: negative: none; zero: the session ends when it is saved. */
  public synchronized void setIdle(Duration duration) {
    if (duration.equals(idle)) {
      return;
    }
    idle = duration;
    inUse = true;
    touched = false;
    changed.put(names.own(IDLE), idle.isNegative() ? -1L : seconds(idle));
  }

  /** Reports whether the session has ended by this machine's clock. The service alone decides whether it exists. */
  public synchronized boolean isExpired() {
    return !idle.isNegative() && !Instant.now().minus(idle).isBefore(lastAccessed);
  }

  // What follows is for SharedSessions.

  synchronized State state() {
    return state;
  }

  synchronized void moved(State to, String newId) {
    state = to;
    id = newId;
  }

  /** Keeps why a change could not be stored. */
  synchronized void failed(SessionException e) {
    state = State.FAILED;
    failure = e;
  }

  synchronized SessionException failure() {
    return failure;
  }

  synchronized String version() {
    return version;
  }

  synchronized void setVersion(String newVersion) {
    version = newVersion;
  }

  /** Returns the idle timeout as the service takes it: seconds, -1 if there is none, 0 if the session is to end. */
  synchronized int ttl() {
    return idle.isNegative() ? -1 : (int) seconds(idle);
  }

  /** Reports whether the session needs a call that only extends it. */
  synchronized boolean needsTouch() {
    return inUse && !touched;
  }

  /** Reports whether a change counts as use, and so extends the session. */
  synchronized boolean isInUse() {
    return inUse;
  }

  synchronized void touched() {
    touched = true;
  }

  private static long seconds(Duration d) {
    long up = d.getSeconds() + (d.getNano() > 0 ? 1 : 0);
    return Math.min(up, Integer.MAX_VALUE);
  }

  /** Returns the differences to what is stored, by stored names. */
  synchronized Delta delta() {
    Map<String, Object> set = new LinkedHashMap<>();
    List<String> remove = new ArrayList<>();
    changed.forEach((key, value) -> {
      if (value == REMOVED) {
        if (stored.containsKey(key)) {
          remove.add(key);
        }
        return;
      }
      Object now = storedValue(key, value);
      if (!now.equals(stored.get(key))) {
        set.put(key, now);
      }
    });
    return new Delta(set, remove);
  }

  /** Reports whether a new session has nothing that is worth storing. */
  synchronized boolean isEmpty(Delta delta) {
    return delta.remove.isEmpty() && delta.set.keySet().stream().allMatch(this::isInternal);
  }

  /** Returns the value that was read; null if it was absent. */
  synchronized Object read(String key) {
    return stored.get(key);
  }

  /** Takes a delta as stored, so that the next one has what changed after it. */
  synchronized void accept(Delta delta, String newVersion) {
    stored.putAll(delta.set);
    delta.remove.forEach(stored::remove);
    version = newVersion;
    touched = inUse;
    state = State.STORED;
    delta.remove.forEach(key -> changed.remove(key, REMOVED));
  }

  /** The differences between two contents of a session. */
  static final class Delta {
    final Map<String, Object> set;
    final List<String> remove;

    Delta(Map<String, Object> set, List<String> remove) {
      this.set = set;
      this.remove = remove;
    }

    boolean isEmpty() {
      return set.isEmpty() && remove.isEmpty();
    }
  }
}
