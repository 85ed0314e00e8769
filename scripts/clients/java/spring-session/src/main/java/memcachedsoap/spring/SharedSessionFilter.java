package memcachedsoap.spring;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import java.io.IOException;
import java.util.Locale;
import memcachedsoap.session.SessionSettings;

/**
 * The shared sessions of any web application: a filter of its web.xml that stands before all others. The settings are
 * its init parameters, or environment variables such as MEMCACHEDSOAP_CA_FILE for ca-file.
 */
public final class SharedSessionFilter implements Filter {
  private static final String REPOSITORY = SharedSessionRepository.class.getName();

  private SharedSessionRepositoryFilter filter;

  @Override
  public void init(FilterConfig config) throws ServletException {
    try {
      SessionSettings settings = SessionSettings.read(name -> setting(config, name), "servlet");
      SharedSessionRepository repository = new SharedSessionRepository(settings);
      filter = new SharedSessionRepositoryFilter(repository, new SharedSessionCookie(settings));
      config.getServletContext().setAttribute(REPOSITORY, repository);
    } catch (IllegalArgumentException e) {
      throw new ServletException(e.getMessage(), e);
    }
  }

  private static String setting(FilterConfig config, String name) {
    String value = config.getInitParameter(name);
    return value != null ? value : System.getenv("MEMCACHEDSOAP_" + name.replace('-', '_').toUpperCase(Locale.ROOT));
  }

  /** Returns the repository of an application, to log a user out everywhere, for example. */
  public static SharedSessionRepository repository(ServletContext context) {
    return (SharedSessionRepository) context.getAttribute(REPOSITORY);
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    filter.doFilter(request, response, chain);
  }

  @Override
  public void destroy() {
    if (filter != null) {
      filter.destroy();
    }
  }
}
