package memcachedsoap.spring;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;
import memcachedsoap.session.SessionUnavailableException;
import org.springframework.session.SessionRepository;
import org.springframework.session.web.http.CookieHttpSessionIdResolver;
import org.springframework.session.web.http.CookieSerializer;
import org.springframework.session.web.http.SessionRepositoryFilter;

/**
 * Spring Session's filter, with an answer of its own if the service does not answer: the status 503, unless the
 * operator lets the page go on without its session.
 */
public final class SharedSessionRepositoryFilter extends SessionRepositoryFilter<SharedSpringSession> {
  private static final Logger LOG = System.getLogger("memcachedsoap.session");
  private static final String TEXT = "The session service does not answer. Try again later.\n";
  private static final int DEEPEST = 20;

  private final SharedSessionRepository repository;
  private final ThreadLocal<Page> page;

  public SharedSessionRepositoryFilter(SharedSessionRepository repository, CookieSerializer cookie) {
    this(repository, cookie, new ThreadLocal<>());
  }

  private SharedSessionRepositoryFilter(
      SharedSessionRepository repository, CookieSerializer cookie, ThreadLocal<Page> page) {
    super(new PageRepository(repository, page));
    this.repository = repository;
    this.page = page;
    CookieHttpSessionIdResolver resolver = new CookieHttpSessionIdResolver();
    resolver.setCookieSerializer(cookie);
    setHttpSessionIdResolver(resolver);
  }

  @Override
  protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    String path = request.getServletPath() + (request.getPathInfo() == null ? "" : request.getPathInfo());
    Page outer = page.get();
    page.set(new Page(repository.settings().isAnonymous(path)));
    try {
      super.doFilterInternal(request, response, chain);
    } catch (ServletException | IOException | RuntimeException e) {
      SessionUnavailableException unavailable = unavailable(e);
      if (unavailable == null || response.isCommitted()) {
        throw e;
      }
      LOG.log(Level.ERROR, unavailable.getMessage());
      answer(response, unavailable);
    } finally {
      if (outer == null) {
        page.remove();
      } else {
        page.set(outer);
      }
    }
  }

  /** Finds the cause in what frameworks have wrapped around it. */
  private static SessionUnavailableException unavailable(Throwable e) {
    Throwable cause = e;
    for (int i = 0; cause != null && i < DEEPEST; i++) {
      if (cause instanceof SessionUnavailableException) {
        return (SessionUnavailableException) cause;
      }
      cause = cause.getCause();
    }
    return null;
  }

  private static void answer(HttpServletResponse response, SessionUnavailableException e) throws IOException {
    response.reset();
    response.setStatus(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("Retry-After", String.valueOf(Math.max(1, e.getRetryAfter())));
    response.setContentType("text/plain;charset=utf-8");
    response.getOutputStream().write(TEXT.getBytes(UTF_8));
  }

  /** What is known of the page that a thread answers. */
  private static final class Page {
    final boolean isPublic;

    /** What was found under an id; null if nothing. Spring's filter asks again each time that it has saved. */
    final Map<String, SharedSpringSession> found = new HashMap<>();

    Page(boolean isPublic) {
      this.isPublic = isPublic;
    }
  }

  /** The repository as the current page sees it: it reads a session once. */
  private static final class PageRepository implements SessionRepository<SharedSpringSession> {
    private final SharedSessionRepository repository;
    private final ThreadLocal<Page> page;

    PageRepository(SharedSessionRepository repository, ThreadLocal<Page> page) {
      this.repository = repository;
      this.page = page;
    }

    private boolean isPublic() {
      return page.get() != null && page.get().isPublic;
    }

    @Override
    public SharedSpringSession createSession() {
      return repository.createSession();
    }

    @Override
    public void save(SharedSpringSession session) {
      try {
        repository.save(session);
      } catch (SessionUnavailableException e) {
        if (!isPublic()) {
          throw e;
        }
        LOG.log(Level.WARNING, "a public page goes on, and its session is not stored: " + e.getMessage());
      }
    }

    @Override
    public SharedSpringSession findById(String id) {
      if (page.get() == null) { // another thread works for the page
        return find(id);
      }
      Map<String, SharedSpringSession> found = page.get().found;
      if (!found.containsKey(id)) {
        found.put(id, find(id));
      }
      SharedSpringSession session = found.get(id);
      return session == null || session.getId().equals(id) ? session : null; // it has another id now
    }

    private SharedSpringSession find(String id) {
      try {
        return repository.findById(id);
      } catch (SessionUnavailableException e) {
        if (!isPublic()) {
          throw e;
        }
        LOG.log(Level.WARNING, "a public page goes on without its session: " + e.getMessage());
        return repository.withoutContent(id);
      }
    }

    @Override
    public void deleteById(String id) {
      repository.deleteById(id);
      if (page.get() != null) {
        page.get().found.put(id, null);
      }
    }
  }
}
