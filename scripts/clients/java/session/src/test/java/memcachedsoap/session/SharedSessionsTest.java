package memcachedsoap.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS) // a client takes a second to make
class SharedSessionsTest {
  private static final int SLACK = 90; // seconds that a busy machine takes

  private Gate gate;
  private SharedSessions sessions;

  private SoapSessions raw;

  @BeforeAll
  void start() throws IOException {
    gate = new Gate();
    sessions = sessions();
    raw = new SoapSessions(Connection.open(gate.settings()));
  }

  @BeforeEach
  void begin() {
    gate.open();
    gate.taken();
  }

  @AfterAll
  void stop() {
    gate.close();
  }

  private SharedSessions sessions(String... settings) {
    return new SharedSessions(gate.settings(settings));
  }

  private String stored(Object... namesAndValues) {
    SharedSession session = sessions.create();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      session.setAttribute((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    sessions.save(session);
    return session.getId();
  }

  private Content raw(String id) throws Refusal {
    return raw.get(id, null);
  }

  @Test
  void newAndEmptyIsNotStored() {
    SharedSession session = sessions.create();
    session.setAttribute("k", "v");
    session.setAttribute("k", null);
    sessions.save(session);
    assertEquals(List.of(), gate.taken());
    assertNull(sessions.find(session.getId()));
  }

  @Test
  void pageCostsOneReadingAndOneWriting() {
    String id = stored("list", List.of(1), "k", "v");
    gate.taken();
    SharedSession session = sessions.find(id);
    session.setAttribute("k", "other");
    session.setAttribute("k2", 2);
    session.setAttribute("list", null);
    sessions.save(session);
    sessions.save(session);
    assertEquals(List.of("getSession", "updateSession"), gate.taken());
  }

  /** As a framework does that stores its whole session at the end of each page. */
  @Test
  void equalValuesAreNotSent() {
    String id = stored("k", "v", "n", 1, "list", List.of(1, Map.of("a", 2.5)), "bytes", new byte[] {-1});
    gate.taken();
    SharedSession session = sessions.find(id);
    Map<String, Object> all = new LinkedHashMap<>();
    session.getAttributeNames().forEach(name -> all.put(name, session.getAttribute(name)));
    assertEquals(Set.of("k", "n", "list", "bytes"), all.keySet());
    all.forEach(session::setAttribute);
    session.setAttribute("list", new ArrayList<>(List.of(1, Map.of("a", 2.5))));
    sessions.save(session);
    assertEquals(List.of("getSession"), gate.taken());
  }

  @Test
  @SuppressWarnings("unchecked")
  void changesInPlaceAreStored() {
    String id = stored("list", List.of("a"), "map", Map.of("deep", List.of()), "bytes", new byte[] {-1, 0});
    SharedSession session = sessions.find(id);
    ((List<Object>) session.getAttribute("list")).add("b");
    ((Map<String, List<Object>>) session.getAttribute("map")).get("deep").add(1);
    ((byte[]) session.getAttribute("bytes"))[1] = 7;
    sessions.save(session);
    ((List<Object>) session.getAttribute("list")).add("c");
    sessions.save(session);
    SharedSession read = sessions.find(id);
    assertEquals(List.of("a", "b", "c"), read.getAttribute("list"));
    assertEquals(Map.of("deep", List.of(1)), read.getAttribute("map"));
    assertEquals(7, ((byte[]) read.getAttribute("bytes"))[1]);
  }

  @Test
  void setAndTypeChangeIsAChange() throws Refusal {
    String id = stored("n", 1);
    SharedSession session = sessions.find(id);
    session.setAttribute("n", "1");
    sessions.save(session);
    assertEquals("1", raw(id).attributes.get("app/n"));
  }

  @Test
  void parallelChangesAreAllKept() throws Exception {
    String id = stored("uid", "parallel");
    ExecutorService threads = Executors.newFixedThreadPool(8);
    List<Callable<Void>> writers = new ArrayList<>();
    for (int w = 0; w < 8; w++) {
      int writer = w;
      writers.add(() -> {
        for (int i = 0; i < 40; i++) {
          SharedSession session = sessions.find(id);
          session.setAttribute("w" + writer + "." + i, i);
          sessions.save(session);
        }
        return null;
      });
    }
    for (Future<Void> done : threads.invokeAll(writers)) {
      done.get();
    }
    threads.shutdown();
    assertEquals(320 + 1, sessions.find(id).getAttributeNames().size());
  }

  @Test
  void lateWriterBringsNothingBack() {
    String id = stored("uid", "late");
    SharedSession late = sessions.find(id);
    sessions.delete(id);
    late.setAttribute("k", "too late");
    sessions.save(late);
    assertNull(sessions.find(id));
  }

  @Test
  void newIdTakesTheContent() {
    String id = stored("k", "kept");
    SharedSession late = sessions.find(id);
    SharedSession session = sessions.find(id);
    String newId = sessions.rename(session);
    assertNotEquals(id, newId);
    assertNull(sessions.find(id));
    session.setAttribute("k2", "after");
    sessions.save(session);
    late.setAttribute("k", "too late");
    sessions.save(late);
    SharedSession read = sessions.find(newId);
    assertEquals("kept", read.getAttribute("k"));
    assertEquals("after", read.getAttribute("k2"));
  }

  @Test
  void newIdOfWhatWasNeverStored() {
    SharedSession session = sessions.create();
    String first = session.getId();
    gate.taken();
    assertNotEquals(first, sessions.rename(session));
    assertEquals(List.of(), gate.taken());
  }

  @Test
  void newIdOfWhatWasLoggedOut() {
    String id = stored("uid", "gone");
    SharedSession session = sessions.find(id);
    sessions.delete(id);
    String newId = sessions.rename(session);
    session.setAttribute("uid", "again");
    sessions.save(session);
    assertNull(sessions.find(id));
    assertNull(sessions.find(newId));
  }

  @Test
  void forgedIdsAreNotSent() {
    for (String id : List.of("", "deadbeef", "A".repeat(32), "g".repeat(32), "a".repeat(65), "../" + "a".repeat(30))) {
      assertNull(sessions.find(id));
      sessions.delete(id);
    }
    assertEquals(List.of(), gate.taken());
  }

  @Test
  void namesOfEveryKind() {
    List<String> names =
        List.of("a.b", "a/b", "nul\0", "<&>", "base64:YQ==", "", "zoë", "🦊", "k".repeat(65536), "../uid");
    Map<String, Object> values = new LinkedHashMap<>();
    names.forEach(name -> values.put(name, name.length()));
    SharedSession session = sessions.create();
    values.forEach(session::setAttribute);
    sessions.save(session);
    SharedSession read = sessions.find(session.getId());
    assertEquals(new HashSet<>(names), read.getAttributeNames());
    names.forEach(name -> assertEquals(name.length(), read.getAttribute(name)));
    names.forEach(name -> read.setAttribute(name, null));
    sessions.save(read);
    assertEquals(Set.of(), sessions.find(session.getId()).getAttributeNames());
  }

  @Test
  void applicationsHaveTheirOwnKeys() {
    SharedSessions other = sessions("app", "other", "shared", "note");
    String id = stored("token", "mine", "note", "not shared here");
    SharedSession session = other.find(id);
    assertNull(session.getAttribute("token"));
    session.setAttribute("token", "theirs");
    session.setAttribute("note", "shared there");
    other.save(session);
    SharedSession read = sessions.find(id);
    assertEquals("mine", read.getAttribute("token"));
    assertEquals("not shared here", read.getAttribute("note"));
    read.setAttribute("token", "changed");
    sessions.save(read);
    assertEquals("shared there", other.find(id).getAttribute("note"));
  }

  @Test
  void refusedTypesNameTheKey() {
    SharedSession session = sessions.create();
    SessionValueException e =
        assertThrows(SessionValueException.class, () -> session.setAttribute("cart", new Object()));
    assertEquals("cart", e.getAttribute());
    List<Object> list = new ArrayList<>();
    session.setAttribute("later", list);
    list.add(Instant.now());
    e = assertThrows(SessionValueException.class, () -> sessions.save(session));
    assertEquals("later", e.getAttribute());
  }

  @Test
  void tooLargeNamesTheKey() {
    byte[] large = new byte[3 << 20];
    new Random(1).nextBytes(large);
    large[0] = -1;
    for (int size : List.of(large.length, 2 * large.length)) { // too large for the store, and for one request
      String id = stored("small", "kept");
      SharedSession session = sessions.find(id);
      session.setAttribute("large", java.util.Arrays.copyOf(large, size));
      session.setAttribute("other", 1);
      SessionValueException e = assertThrows(SessionValueException.class, () -> sessions.save(session));
      assertEquals("large", e.getAttribute());
      assertEquals(Set.of("small"), sessions.find(id).getAttributeNames());
    }
  }

  @Test
  void serviceThatHangs() {
    SharedSessions impatient = sessions("timeout", "0.3");
    String id = stored("k", "v");
    SharedSession session = sessions.find(id);
    session.setAttribute("k", "lost");
    gate.taken();
    gate.shut();
    assertThrows(SessionUnavailableException.class, () -> impatient.find(id));
    assertThrows(SessionUnavailableException.class, () -> impatient.rename(impatient.withoutContent(id)));
    assertThrows(SessionUnavailableException.class, () -> impatient.save(session));
    assertThrows(SessionUnavailableException.class, () -> impatient.save(session));
    assertEquals(List.of("getSession", "updateSession"), gate.taken(), "a change is not repeated");
  }

  @Test
  void serviceThatIsGone() throws IOException {
    SharedSessions gone;
    try (Gate other = new Gate()) {
      gone = new SharedSessions(other.settings());
    }
    assertThrows(SessionUnavailableException.class, () -> gone.find(SessionIds.create()));
  }

  @Test
  void faults() throws IOException {
    String id = stored("k", "v");
    SharedSession session = sessions.find(id);
    session.setAttribute("k", "new");
    gate.answer("Server", "StoreUnavailableFault", "<reason>down</reason><retryAfter>7</retryAfter>");
    SessionUnavailableException e = assertThrows(SessionUnavailableException.class, () -> sessions.find(id));
    assertEquals(7, e.getRetryAfter());
    assertThrows(SessionUnavailableException.class, () -> sessions.findBy("uid", "u"));
    gate.answer("Server", "UnreadableSessionFault", "<id>" + id + "</id><reason>broken</reason>");
    assertNull(sessions.find(id), "a new session begins, and the old one is left");
    sessions.save(session);
    gate.answer("Client", "", "");
    assertThrows(SessionException.class, () -> sessions.find(id));
    gate.answer("Server", "", "");
    assertThrows(SessionUnavailableException.class, () -> sessions.find(id));
    gate.open();
    assertEquals("v", sessions.find(id).getAttribute("k"));
  }

  @Test
  void exactNumbersAreAdded() {
    SharedSessions exact = sessions("exact", "count,text");
    String id = stored("count", 10, "text", "a");
    SharedSession one = exact.find(id);
    SharedSession two = exact.find(id);
    one.setAttribute("count", 11);
    exact.save(one);
    two.setAttribute("count", 15);
    two.setAttribute("other", true);
    exact.save(two);
    assertEquals(16, exact.find(id).getAttribute("count"));

    SharedSession three = exact.find(id);
    SharedSession four = exact.find(id);
    three.setAttribute("text", "b");
    exact.save(three);
    four.setAttribute("text", "c");
    assertThrows(SessionConflictException.class, () -> exact.save(four));
    assertEquals("b", exact.find(id).getAttribute("text"));
  }

  @Test
  void idleTimeout() throws Refusal {
    String id = stored("k", "v");
    assertEquals(1800, raw(id).expiresIn, SLACK);
    SharedSession session = sessions.find(id);
    session.setIdle(Duration.ofSeconds(600));
    sessions.save(session);
    assertEquals(600, raw(id).expiresIn, SLACK);
    session = sessions.find(id); // with the usual timeout
    assertEquals(Duration.ofSeconds(600), session.getIdle());
    sessions.save(session);
    assertEquals(600, raw(id).expiresIn, SLACK);
    session = sessions.find(id);
    session.setIdle(Duration.ofSeconds(-1));
    sessions.save(session);
    assertNotNull(sessions.find(id));
    session.setIdle(Duration.ZERO);
    sessions.save(session);
    assertNull(sessions.find(id));
  }

  @Test
  void readingExtends() throws Refusal {
    SharedSessions brief = sessions("idle", "600");
    String id = stored("k", "v");
    brief.find(id);
    assertEquals(600, raw(id).expiresIn, SLACK);
    sessions.find(id);
    assertEquals(1800, raw(id).expiresIn, SLACK);
  }

  @Test
  void lifetimeEndsEachSession() throws Refusal {
    SharedSessions limited = sessions("lifetime", "400");
    SharedSession session = limited.create();
    session.setAttribute("k", "v");
    limited.save(session);
    assertEquals(400, raw(session.getId()).expiresIn, SLACK);
    limited.find(session.getId());
    assertEquals(400, raw(session.getId()).expiresIn, SLACK);
    SharedSession login = sessions("lifetime", "900").find(session.getId());
    login.setAttribute("uid", "u");
    sessions("lifetime", "900").save(login);
    assertEquals(900, raw(session.getId()).expiresIn, SLACK, "a login begins it anew");
  }

  @Test
  void otherClocksDoNotMatter() {
    String id = stored("_utime", Instant.now().plus(Duration.ofDays(3)).getEpochSecond(), "uid", "clock");
    assertFalse(sessions.find(id).isExpired());
    id = stored("_utime", 1L, "uid", "clock");
    SharedSession session = sessions.find(id);
    assertFalse(session.isExpired());
    assertEquals(Instant.now().getEpochSecond(), session.getCreationTime().getEpochSecond(), SLACK, "created here");
  }

  @Test
  void findsTheSessionsOfAUser() throws Refusal {
    String uid = "u" + SessionIds.create();
    String one = stored("uid", uid, "k", 1);
    String two = stored("uid", uid);
    SharedSession found = null;
    Set<String> ids = new HashSet<>();
    for (SharedSession session : sessions.findBy("uid", uid)) {
      ids.add(session.getId());
      if (session.getId().equals(one)) {
        found = session;
      }
    }
    assertEquals(Set.of(one, two), ids);
    int before = raw(one).expiresIn;
    found.setAttribute("k", 2);
    sessions.save(found);
    assertTrue(raw(one).expiresIn <= before, "looking at a list of sessions is not using them");
    assertEquals(2, sessions.deleteByPrincipal(uid));
    assertNull(sessions.find(one));
    assertEquals(List.of(), sessions.findBy("uid", uid));
    assertEquals(List.of(), sessions.findBy("uid", ""));
    assertThrows(SessionException.class, () -> sessions.findBy("mail", "not configured"));
  }
}
