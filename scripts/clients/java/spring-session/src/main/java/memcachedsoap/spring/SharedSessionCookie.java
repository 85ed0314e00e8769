package memcachedsoap.spring;

import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.stream.Collectors;
import memcachedsoap.session.SessionIds;
import memcachedsoap.session.SessionSettings;
import org.springframework.session.web.http.DefaultCookieSerializer;

/**
 * The cookie of the shared session: the id as it is, so that the programs of all languages read it. What is not an id
 * is never taken from a browser.
 */
public final class SharedSessionCookie extends DefaultCookieSerializer {
  /** A browser sends few cookies of one name; somebody who sends more would have the service asked for each. */
  private static final int MOST = 3;

  public SharedSessionCookie(SessionSettings settings) {
    setUseBase64Encoding(false);
    setCookieName(settings.text("cookie-name", "sessionid"));
    setCookiePath(settings.text("cookie-path", "/"));
    setSameSite(settings.text("cookie-same-site", "Lax"));
    String domain = settings.text("cookie-domain", "");
    if (!domain.isEmpty()) {
      setDomainName(domain);
    }
    if (!settings.text("cookie-secure", "").isEmpty()) { // otherwise as the request is
      setUseSecureCookie(settings.bool("cookie-secure", false));
    }
    String maxAge = settings.text("cookie-max-age", "");
    if (!maxAge.isEmpty()) {
      setCookieMaxAge(Integer.parseInt(maxAge));
    }
  }

  @Override
  public List<String> readCookieValues(HttpServletRequest request) {
    return super.readCookieValues(request).stream()
        .filter(SessionIds::isValid)
        .distinct()
        .limit(MOST)
        .collect(Collectors.toList());
  }
}
