package memcachedsoap.example;

import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import memcachedsoap.session.Undef;
import memcachedsoap.spring.SharedLoginRepository;
import memcachedsoap.spring.SharedUser;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * The pages of the example. They use the session and the user as any application with Spring does.
 */
@RestController
public class Pages {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final SharedLoginRepository login;

  public Pages(SharedLoginRepository login) {
    this.login = login;
  }

  @GetMapping(path = "/whoami", produces = "application/json")
  public Map<String, Object> whoami() {
    Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
    Map<String, Object> answer = new LinkedHashMap<>();
    boolean known = authentication != null && authentication.getPrincipal() instanceof SharedUser;
    SharedUser user = known ? (SharedUser) authentication.getPrincipal() : null;
    answer.put("uid", known ? user.getName() : null);
    answer.put("groups", known ? user.getGroups() : List.of());
    return answer;
  }

  /** A real application checks a password here. */
  @PostMapping(path = "/login", produces = "application/json")
  public Map<String, Object> login(HttpServletRequest request, @RequestParam("uid") String uid) {
    login.login(
        request,
        uid,
        Map.of("cn", "Name of " + uid, "mail", uid + "@example.com", "groups", List.of("users", "staff")));
    return Map.of("uid", uid);
  }

  /** Answers a logout, which is Spring Security's own. */
  static void loggedOut(HttpServletRequest request, HttpServletResponse response, Authentication user)
      throws IOException {
    response.setContentType("application/json");
    response.getWriter().print("{}");
  }

  @GetMapping(path = "/get", produces = "application/json")
  public Map<String, Object> get(HttpServletRequest request, @RequestParam("key") String key) {
    HttpSession session = request.getSession(false);
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("present", session != null && Collections.list(session.getAttributeNames()).contains(key));
    answer.put("value", session == null ? null : json(session.getAttribute(key)));
    return answer;
  }

  @PostMapping(path = "/set", produces = "application/json")
  public Map<String, Object> set(
      HttpServletRequest request, @RequestParam("key") String key, @RequestBody byte[] body) throws IOException {
    request.getSession().setAttribute(key, java(JSON.readValue(body, Object.class)));
    return Map.of();
  }

  @PostMapping(path = "/slow", produces = "application/json")
  public Map<String, Object> slow(
      HttpServletRequest request,
      @RequestParam("key") String key,
      @RequestParam("ms") long ms,
      @RequestBody byte[] body)
      throws IOException, InterruptedException {
    HttpSession session = request.getSession();
    session.getAttribute(key);
    Thread.sleep(ms);
    session.setAttribute(key, java(JSON.readValue(body, Object.class)));
    return Map.of();
  }

  @PostMapping(path = "/many", produces = "application/json")
  public Map<String, Object> many(HttpServletRequest request, @RequestBody byte[] body) throws IOException {
    Map<?, ?> values = JSON.readValue(body, Map.class);
    values.forEach((key, value) -> request.getSession().setAttribute((String) key, java(value)));
    return Map.of();
  }

  @PostMapping(path = "/remove", produces = "application/json")
  public Map<String, Object> remove(HttpServletRequest request, @RequestParam("key") String key) {
    HttpSession session = request.getSession(false);
    if (session != null) {
      session.removeAttribute(key);
    }
    return Map.of();
  }

  @GetMapping(path = "/plain", produces = "application/json")
  public Map<String, Object> plain() {
    return Map.of();
  }

  /** Returns the value of the session for a value of JSON, where {"base64": …} stands for bytes. */
  private static Object java(Object value) {
    if (value == null) {
      return Undef.UNDEF;
    }
    if (value instanceof List) {
      List<Object> list = new ArrayList<>();
      ((List<?>) value).forEach(item -> list.add(java(item)));
      return list;
    }
    if (value instanceof Map) {
      Map<?, ?> map = (Map<?, ?>) value;
      if (map.size() == 1 && map.get("base64") instanceof String) {
        return Base64.getDecoder().decode((String) map.get("base64"));
      }
      Map<Object, Object> converted = new LinkedHashMap<>();
      map.forEach((key, item) -> converted.put(key, java(item)));
      return converted;
    }
    return value;
  }

  private static Object json(Object value) {
    if (value instanceof byte[]) {
      return Map.of("base64", Base64.getEncoder().encodeToString((byte[]) value));
    }
    if (value instanceof List) {
      List<Object> list = new ArrayList<>();
      ((List<?>) value).forEach(item -> list.add(json(item)));
      return list;
    }
    if (value instanceof Map) {
      Map<Object, Object> converted = new LinkedHashMap<>();
      ((Map<?, ?>) value).forEach((key, item) -> converted.put(key, json(item)));
      return converted;
    }
    return value;
  }
}
