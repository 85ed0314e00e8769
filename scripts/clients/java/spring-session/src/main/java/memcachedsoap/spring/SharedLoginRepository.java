package memcachedsoap.spring;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.core.context.DeferredSecurityContext;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.context.SecurityContextImpl;
import org.springframework.security.web.authentication.preauth.PreAuthenticatedAuthenticationToken;
import org.springframework.security.web.authentication.switchuser.SwitchUserGrantedAuthority;
import org.springframework.security.web.context.HttpRequestResponseHolder;
import org.springframework.security.web.context.SecurityContextRepository;

/**
 * Trusts the shared login: makes Spring Security's user from the attributes uid and groups of the session, whatever
 * program has set them. A login at this application sets them for all others. Nothing is serialized.
 */
public final class SharedLoginRepository implements SecurityContextRepository {
  private static final int LEVEL = 2; // a password, as LemonLDAP::NG counts

  private final String rolePrefix;

  /**
   * Takes what the name of a group gets in front as an authority, such as ROLE_.
   */
  public SharedLoginRepository(String rolePrefix) {
    this.rolePrefix = rolePrefix;
  }

  @Override
  public DeferredSecurityContext loadDeferredContext(HttpServletRequest request) {
    return new Deferred(request);
  }

  /** {@inheritDoc} Filters of older applications call it. */
  @Override
  @Deprecated
  public SecurityContext loadContext(HttpRequestResponseHolder holder) {
    return context(holder.getRequest());
  }

  @Override
  public boolean containsContext(HttpServletRequest request) {
    return user(request) != null;
  }

  private SecurityContext context(HttpServletRequest request) {
    SharedUser user = user(request);
    if (user == null) {
      return SecurityContextHolder.createEmptyContext();
    }
    return new SecurityContextImpl(authentication(user));
  }

  private Authentication authentication(SharedUser user) {
    List<GrantedAuthority> authorities = new ArrayList<>();
    user.getGroups().forEach(group -> authorities.add(new SimpleGrantedAuthority(rolePrefix + group)));
    return new PreAuthenticatedAuthenticationToken(user, "", authorities);
  }

  /** Returns the user of the request's session; null if nobody is logged in. */
  private static SharedUser user(HttpServletRequest request) {
    HttpSession session = request.getSession(false);
    String uid = session == null ? null : SharedSpringSession.principal(session.getAttribute("uid"));
    if (uid == null || uid.isEmpty()) {
      return null;
    }
    return new SharedUser(
        uid,
        text(session, "cn"),
        text(session, "mail"),
        groups(session.getAttribute("groups")),
        level(session));
  }

  private static String text(HttpSession session, String name) {
    Object value = session.getAttribute(name);
    return value instanceof String ? (String) value : null;
  }

  /** Programs store a list, or a text with semicolons as LemonLDAP::NG does. */
  private static List<String> groups(Object value) {
    Collection<?> names = List.of();
    if (value instanceof Collection) {
      names = (Collection<?>) value;
    } else if (value instanceof String) {
      names = List.of(((String) value).split(";"));
    }
    return names.stream()
        .filter(name -> name instanceof String && !((String) name).isBlank())
        .map(name -> ((String) name).trim())
        .collect(Collectors.toList());
  }

  private static int level(HttpSession session) {
    Object level = session.getAttribute("authenticationLevel");
    if (level instanceof Integer) {
      return (Integer) level;
    }
    return level instanceof String && ((String) level).matches("[0-9]{1,4}") ? Integer.parseInt((String) level) : 0;
  }

  /**
   * Stores a login of this application: its user and groups. An empty context, as after a logout, changes nothing,
   * because a logout deletes the session.
   */
  @Override
  public void saveContext(SecurityContext context, HttpServletRequest request, HttpServletResponse response) {
    Authentication login = context.getAuthentication();
    if (login == null || !login.isAuthenticated() || login instanceof AnonymousAuthenticationToken) {
      return;
    }
    SharedUser known = user(request);
    if (known != null && known.getName().equals(login.getName())) {
      return;
    }
    if (login.getAuthorities().stream().anyMatch(a -> a instanceof SwitchUserGrantedAuthority)) {
      throw new IllegalStateException("a switched user is not stored: all programs would take it for a login");
    }
    store(request.getSession(), login.getName(), Map.of("groups", groupsOf(login)));
  }

  private static void store(HttpSession session, String uid, Map<String, ?> attributes) {
    for (String name : List.of("cn", "mail", "groups")) { // of a user who was logged in before
      session.removeAttribute(name);
    }
    session.setAttribute("uid", uid);
    session.setAttribute("authenticationLevel", LEVEL);
    session.setAttribute("_utime", Instant.now().getEpochSecond());
    attributes.forEach(session::setAttribute);
  }

  private List<String> groupsOf(Authentication login) {
    return login.getAuthorities().stream()
        .map(GrantedAuthority::getAuthority)
        .filter(name -> name != null && name.startsWith(rolePrefix))
        .map(name -> name.substring(rolePrefix.length()))
        .collect(Collectors.toCollection(ArrayList::new));
  }

  /**
   * Logs a user in at this application and all others. The session keeps its content and gets a new id.
   *
   * @param attributes are stored beside uid, authenticationLevel and _utime, such as cn, mail and groups
   */
  public void login(HttpServletRequest request, String uid, Map<String, ?> attributes) {
    if (request.getSession(false) != null) {
      request.changeSessionId();
    }
    store(request.getSession(), uid, attributes);
    SecurityContextHolder.setContext(context(request));
  }

  /** Reads the session only for a page that asks who the user is. */
  private final class Deferred implements DeferredSecurityContext {
    private final HttpServletRequest request;
    private SecurityContext context;

    Deferred(HttpServletRequest request) {
      this.request = request;
    }

    @Override
    public SecurityContext get() {
      if (context == null) {
        context = context(request);
      }
      return context;
    }

    @Override
    public boolean isGenerated() {
      return get().getAuthentication() == null;
    }
  }
}
