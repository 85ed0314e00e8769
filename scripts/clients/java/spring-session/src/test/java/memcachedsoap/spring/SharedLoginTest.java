package memcachedsoap.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import memcachedsoap.spring.WebServer.Browser;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.MapPropertySource;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.session.security.SpringSessionBackedSessionRegistry;
import org.springframework.web.context.ContextLoaderListener;
import org.springframework.web.context.support.AnnotationConfigWebApplicationContext;
import org.springframework.web.filter.DelegatingFilterProxy;

/**
 * Spring Security with a form for the login, its shared sessions, and at most two sessions a user.
 */
class SharedLoginTest {
  private static final String UID = "u" + UUID.randomUUID().toString().substring(0, 8);

  private final SharedSessionRepository repository = SharedSessionRepositoryTest.repository();
  private WebServer server;
  private Browser browser;

  @Configuration
  @EnableWebSecurity
  @Import(SharedSessionConfiguration.class)
  static class Setup {
    @Bean
    UserDetailsService users() {
      return new InMemoryUserDetailsManager(
          User.withUsername(UID).password("{noop}secret").roles("users", "staff").build());
    }

    @Bean
    SecurityFilterChain security(HttpSecurity http, SharedLoginRepository login, SharedSessionRepository sessions)
        throws Exception {
      return http.authorizeHttpRequests(
              r -> r.requestMatchers(at("/staff")).hasRole("staff")
                  .requestMatchers(at("/open")).permitAll()
                  .anyRequest().authenticated())
          .csrf(csrf -> csrf.ignoringRequestMatchers(at("/logout")))
          .formLogin(Customizer.withDefaults())
          .securityContext(context -> context.requireExplicitSave(true).securityContextRepository(login))
          .sessionManagement(
              s -> s.maximumSessions(2).sessionRegistry(new SpringSessionBackedSessionRegistry<>(sessions)))
          .build();
    }

    private static RequestMatcher at(String path) {
      return request -> request.getRequestURI().equals(path);
    }
  }

  @BeforeEach
  void start() throws Exception {
    repository.deleteByPrincipalName(UID);
    AnnotationConfigWebApplicationContext spring = new AnnotationConfigWebApplicationContext();
    Map<String, Object> settings =
        Map.of("memcachedsoap.url", System.getenv("SOAP_URL"), "memcachedsoap.timeout", "60");
    spring.getEnvironment().getPropertySources().addFirst(new MapPropertySource("settings", settings));
    spring.register(Setup.class);
    server =
        new WebServer()
            .filter(new DelegatingFilterProxy("springSessionRepositoryFilter"))
            .filter(new DelegatingFilterProxy("springSecurityFilterChain"))
            .page("/open", (request, response) -> "open")
            .page("/staff", (request, response) -> "staff")
            .page("/me", (request, response) -> {
              Authentication user = SecurityContextHolder.getContext().getAuthentication();
              return user.getName() + " " + new TreeSet<>(List.of(user.getAuthorities().toString()));
            })
            .page("/mail", (request, response) ->
                ((SharedUser) SecurityContextHolder.getContext().getAuthentication().getPrincipal()).getMail());
    server.web().addEventListener(new ContextLoaderListener(spring));
    server.start();
    browser = new Browser(server.url());
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private static final Pattern TOKEN = Pattern.compile("name=\"_csrf\"[^>]*value=\"([^\"]+)\"");

  /** Fills in the form, with the token against forged requests that the session has. */
  private static String post(Browser browser, String password) throws Exception {
    Matcher token = TOKEN.matcher(browser.get("/login"));
    assertTrue(token.find(), browser.answer.body());
    return browser.post("/login", "username=" + UID + "&password=" + password + "&_csrf=" + token.group(1));
  }

  private Browser login() throws Exception {
    Browser other = new Browser(server.url());
    post(other, "secret");
    assertEquals(302, other.answer.statusCode());
    assertFalse(other.answer.headers().firstValue("Location").orElseThrow().contains("error"));
    return other;
  }

  private String otherProgram(Object groups) {
    SharedSpringSession session = repository.createSession();
    session.setAttribute("uid", "zoë");
    session.setAttribute("mail", "zoë@example.com");
    session.setAttribute("groups", groups);
    repository.save(session);
    return "sessionid=" + session.getId();
  }

  @Test
  void loginIsStoredForAllPrograms() throws Exception {
    browser = login();
    SharedSpringSession session = repository.findById(browser.id());
    assertEquals(UID, session.<String>getAttribute("uid"));
    assertEquals(2, session.<List<String>>getAttribute("groups").size());
    assertTrue(session.<List<String>>getAttribute("groups").containsAll(List.of("users", "staff")));
    assertEquals(2, session.<Integer>getAttribute("authenticationLevel"));
    assertNotNull(session.getAttribute("_utime"));
    assertTrue(browser.get("/me").contains("ROLE_staff"));
    assertEquals("staff", browser.get("/staff"));
  }

  @Test
  void loginOfAnotherProgramIsTrusted() throws Exception {
    browser.cookie = otherProgram(List.of("users"));
    assertEquals("zoë [[ROLE_users]]", browser.get("/me"));
    assertEquals("zoë@example.com", browser.get("/mail"));
    browser.get("/staff");
    assertEquals(403, browser.answer.statusCode());
    browser.cookie = otherProgram("users; staff");
    assertEquals("staff", browser.get("/staff"), "groups as LemonLDAP::NG has them");
  }

  @Test
  void nobodyIsLoggedIn() throws Exception {
    for (Object uid : List.of("", List.of("a"), true)) {
      SharedSpringSession session = repository.createSession();
      session.setAttribute("uid", uid);
      session.setAttribute("k", "v");
      repository.save(session);
      browser.cookie = "sessionid=" + session.getId();
      browser.get("/me");
      assertEquals(302, browser.answer.statusCode(), "to the form for the login");
    }
    assertEquals("open", browser.get("/open"));
  }

  @Test
  void loginGivesANewId() throws Exception {
    browser.cookie = otherProgram(List.of());
    String former = browser.id();
    post(browser, "secret");
    assertNotEquals(former, browser.id());
    assertNull(repository.findById(former));
    assertTrue(browser.get("/me").startsWith(UID));
    assertNull(repository.findById(browser.id()).getAttribute("mail"), "which was the former user's");
  }

  @Test
  void wrongPasswordStoresNoLogin() throws Exception {
    post(browser, "wrong");
    assertTrue(browser.answer.headers().firstValue("Location").orElseThrow().contains("error"));
    assertTrue(browser.get("/login?error").contains("redentials"), browser.answer.body());
    Object reason = repository.findById(browser.id()).getAttribute("SPRING_SECURITY_LAST_EXCEPTION");
    assertEquals("Bad credentials", ((Exception) reason).getMessage());
    browser.post("/login", "username=" + UID + "&password=secret"); // without the token
    browser.get("/me");
    assertEquals(302, browser.answer.statusCode());
    assertEquals(Map.of(), repository.findByPrincipalName(UID));
  }

  @Test
  void logoutDeletesTheSession() throws Exception {
    browser = login();
    String id = browser.id();
    browser.post("/logout", "");
    assertNull(repository.findById(id));
    browser.cookie = "sessionid=" + id;
    browser.get("/me");
    assertEquals(302, browser.answer.statusCode());
  }

  @Test
  void logoutEverywhere() throws Exception {
    Browser one = login();
    Browser two = login();
    assertEquals(2, repository.deleteByPrincipalName(UID));
    for (Browser each : List.of(one, two)) {
      each.get("/me");
      assertEquals(302, each.answer.statusCode());
    }
  }

  @Test
  void atMostTwoSessions() throws Exception {
    Browser one = login();
    Thread.sleep(2100); // the service counts the time since the last use in seconds
    Browser two = login();
    Browser three = login();
    assertTrue(two.get("/me").startsWith(UID));
    assertTrue(three.get("/me").startsWith(UID));
    assertTrue(one.get("/me").contains("expired"), one.answer.body());
  }
}
