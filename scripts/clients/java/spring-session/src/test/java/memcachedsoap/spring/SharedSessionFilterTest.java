package memcachedsoap.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import memcachedsoap.session.Gate;
import memcachedsoap.spring.WebServer.Browser;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The cases of Spring Session's SessionRepositoryFilterTests, in a servlet container, with the filter as a web.xml has
 * it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SharedSessionFilterTest {
  private Gate gate;
  private WebServer server;
  private Browser browser;
  private final SharedSessionRepository repository = SharedSessionRepositoryTest.repository("app", "servlet");

  @BeforeAll
  void start() throws Exception {
    gate = new Gate();
    server = start("60");
  }

  @BeforeEach
  void begin() {
    gate.open();
    gate.taken();
    browser = new Browser(server.url());
  }

  private WebServer start(String timeout) throws Exception {
    return new WebServer()
        .filter(new SharedSessionFilter(), "url", gate.url(), "timeout", timeout, "anonymous", "/public/")
        .page("/plain", (request, response) -> "plain")
        .page("/peek", (request, response) -> request.getSession(false) != null)
        .page("/public/peek", (request, response) -> request.getSession(false) != null && names(request).isEmpty())
        .page("/public/set", SharedSessionFilterTest::set)
        .page("/public/login", (request, response) -> request.changeSessionId())
        .page("/set", SharedSessionFilterTest::set)
        .page("/get", (request, response) -> request.getSession().getAttribute(request.getParameter("key")))
        .page("/new", (request, response) -> request.getSession().isNew())
        .page("/names", (request, response) -> names(request))
        .page("/invalidate", (request, response) -> {
          HttpSession session = request.getSession();
          session.invalidate();
          return String.valueOf(request.getSession(false));
        })
        .page("/again", (request, response) -> {
          request.getSession().invalidate();
          request.getSession().setAttribute("k", "after");
          return "";
        })
        .page("/login", (request, response) -> {
          request.getSession();
          String id = request.changeSessionId();
          request.getSession().setAttribute("uid", "u");
          return id;
        })
        .page("/login-and-out", (request, response) -> {
          request.changeSessionId();
          request.getSession().invalidate();
          return "";
        })
        .page("/redirect", (request, response) -> {
          request.getSession().setAttribute("k", "redirected");
          response.sendRedirect("/get?key=k");
          return "";
        })
        .page("/error", (request, response) -> {
          request.getSession().setAttribute("k", "before the error");
          response.sendError(404);
          return "";
        })
        .page("/throw", (request, response) -> {
          request.getSession().setAttribute("k", "before the exception");
          throw new IllegalStateException("of the page");
        })
        .page("/flush", (request, response) -> {
          request.getSession().setAttribute("k", "before");
          response.flushBuffer();
          request.getSession().setAttribute("k2", "after");
          return "";
        })
        .page("/idle", (request, response) -> {
          request.getSession().setMaxInactiveInterval(120);
          return request.getSession().getMaxInactiveInterval();
        })
        .start();
  }

  @AfterAll
  void stop() throws Exception {
    server.close();
    gate.close();
  }

  private static Object set(HttpServletRequest request, Object response) {
    request.getSession().setAttribute(request.getParameter("key"), request.getParameter("value"));
    return "";
  }

  private static List<String> names(HttpServletRequest request) {
    return Collections.list(request.getSession().getAttributeNames());
  }

  @Test
  void keepsTheSession() throws Exception {
    assertEquals("true", browser.get("/new"));
    browser.get("/set?key=k&value=v");
    assertTrue(browser.setCookie.matches("sessionid=[0-9a-f]{32}; Path=/; HttpOnly; SameSite=Lax"), browser.setCookie);
    assertEquals("v", browser.get("/get?key=k"));
    assertNull(browser.setCookie, "the cookie is not set again");
    assertEquals("false", browser.get("/new"));
    assertEquals("[k]", browser.get("/names"));
    assertEquals("v", repository.findById(browser.id()).<String>getAttribute("k"));
  }

  @Test
  void pagesWithoutSessionCallNobody() throws Exception {
    browser.get("/set?key=k&value=v");
    gate.taken();
    assertEquals("plain", browser.get("/plain"));
    assertEquals(List.of(), gate.taken());
    browser.get("/get?key=k");
    assertEquals(List.of("getSession"), gate.taken());
    browser.get("/set?key=k&value=w");
    assertEquals(List.of("getSession", "updateSession"), gate.taken());
  }

  @Test
  void noCookieIsNoSession() throws Exception {
    assertEquals("false", browser.get("/peek"));
    assertNull(browser.setCookie);
    assertEquals(List.of(), gate.taken());
  }

  @Test
  void newAndEmptyIsNotStored() throws Exception {
    browser.get("/names");
    assertEquals(List.of(), gate.taken());
    assertNull(repository.findById(browser.id()));
  }

  @Test
  void invalidates() throws Exception {
    browser.get("/set?key=k&value=v");
    String id = browser.id();
    assertEquals("null", browser.get("/invalidate"));
    assertTrue(browser.setCookie.contains("Max-Age=0"), browser.setCookie);
    assertNull(repository.findById(id));
    browser.cookie = "sessionid=" + id;
    browser.get("/set?key=k&value=v");
    assertNotEquals(id, browser.id());
  }

  @Test
  void beginsANewSessionAfterInvalidating() throws Exception {
    browser.get("/set?key=k&value=v");
    String id = browser.id();
    browser.get("/again");
    assertNotEquals(id, browser.id());
    assertEquals("after", browser.get("/get?key=k"));
    assertNull(repository.findById(id));
  }

  @Test
  void changesTheId() throws Exception {
    browser.get("/set?key=k&value=v");
    String id = browser.id();
    assertEquals(browser.get("/login"), browser.id());
    assertNotEquals(id, browser.id());
    assertNull(repository.findById(id));
    assertEquals("v", browser.get("/get?key=k"));
    id = browser.id();
    browser.get("/login-and-out");
    assertNull(repository.findById(id), "a logout that follows a new id finds the session");
  }

  @Test
  void forgedIdIsNotAdopted() throws Exception {
    String forged = "0123456789abcdef0123456789abcdef";
    browser.cookie = "sessionid=" + forged;
    assertEquals("true", browser.get("/new"));
    assertNotEquals(forged, browser.id());
    browser.cookie = "sessionid=" + forged;
    browser.get("/set?key=k&value=v");
    assertNotEquals(forged, browser.id());
    assertNull(repository.findById(forged));
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "", "x", "deadbeef", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "gaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "../../etc/passwd",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%00", "\"", "NWZiYzAxMGZlY2YxYmJiYTY4Y2Y0ZDJmYWM1NzkwMDU="
  })
  void malformedCookiesAreNotSent(String value) throws Exception {
    browser.cookie = "sessionid=" + value;
    assertEquals("false", browser.get("/peek"));
    assertEquals(List.of(), gate.taken());
  }

  @Test
  void fewCookiesAreTried() throws Exception {
    StringBuilder cookies = new StringBuilder();
    for (int i = 10; i < 60; i++) {
      cookies.append("sessionid=").append(String.valueOf(i).repeat(16)).append("; ");
    }
    browser.cookie = cookies + "a=b";
    assertEquals("false", browser.get("/peek"));
    assertTrue(gate.taken().size() <= 3);
  }

  @Test
  void savesBeforeTheAnswerIsSent() throws Exception {
    browser.get("/redirect");
    assertEquals("redirected", repository.findById(browser.id()).<String>getAttribute("k"));
    browser.get("/error");
    assertEquals("before the error", repository.findById(browser.id()).<String>getAttribute("k"));
    browser.get("/throw");
    assertEquals(500, browser.answer.statusCode());
    assertEquals("before the exception", repository.findById(browser.id()).<String>getAttribute("k"));
    browser.get("/flush");
    assertEquals("before", repository.findById(browser.id()).<String>getAttribute("k"));
    assertEquals("after", repository.findById(browser.id()).<String>getAttribute("k2"));
  }

  @Test
  void keepsItsOwnIdleTimeout() throws Exception {
    browser.get("/set?key=k&value=v");
    assertEquals("120", browser.get("/idle"));
    assertEquals(120, repository.findById(browser.id()).getMaxInactiveInterval().getSeconds());
  }

  @Test
  void serviceDownIsAnErrorPage() throws Exception {
    WebServer impatient = start("0.3");
    String cookie = withoutService(impatient);
    for (String path : List.of("/get?key=k", "/peek", "/set?key=k&value=w", "/invalidate")) {
      String text = browser.get(path);
      assertEquals(503, browser.answer.statusCode(), path);
      assertTrue(text.startsWith("The session service does not answer"), text);
      assertTrue(browser.answer.headers().firstValue("Retry-After").isPresent());
      assertNull(browser.setCookie, "the browser keeps its session");
    }
    assertEquals("plain", browser.get("/plain"));
    gate.open();
    impatient.close();
    assertEquals(cookie, browser.cookie);
    assertEquals("v", repository.findById(browser.id()).<String>getAttribute("k"));
  }

  /** Stores a session, and then makes the service hang. Returns the cookie. */
  private String withoutService(WebServer impatient) throws Exception {
    browser.get("/set?key=k&value=v");
    String cookie = browser.cookie;
    browser = new Browser(impatient.url());
    browser.cookie = cookie;
    gate.shut();
    return cookie;
  }

  @Test
  void publicPagesGoOn() throws Exception {
    WebServer impatient = start("0.3");
    String cookie = withoutService(impatient);
    assertEquals("true", browser.get("/public/peek"));
    browser.get("/public/set?key=k&value=lost");
    assertEquals(200, browser.answer.statusCode());
    browser.get("/public/login");
    assertEquals(503, browser.answer.statusCode(), "nobody logs in without the service");
    gate.open();
    impatient.close();
    assertEquals(cookie, browser.cookie);
    assertEquals("v", repository.findById(browser.id()).<String>getAttribute("k"));
  }

  @Test
  void parallelPagesKeepAllChanges() throws Exception {
    browser.get("/set?key=k&value=v");
    ExecutorService threads = Executors.newFixedThreadPool(8);
    List<Callable<Void>> writers = new ArrayList<>();
    for (int w = 0; w < 8; w++) {
      int writer = w;
      Browser other = new Browser(server.url());
      other.cookie = browser.cookie;
      writers.add(() -> {
        for (int i = 0; i < 10; i++) {
          other.get("/set?key=w" + writer + "." + i + "&value=" + i);
          assertEquals(200, other.answer.statusCode());
        }
        return null;
      });
    }
    for (Future<Void> done : threads.invokeAll(writers)) {
      done.get();
    }
    threads.shutdown();
    assertEquals(80 + 1, repository.findById(browser.id()).getAttributeNames().size());
    assertFalse(browser.get("/names").isEmpty());
  }
}
