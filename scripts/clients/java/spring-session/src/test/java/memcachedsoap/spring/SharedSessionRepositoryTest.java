package memcachedsoap.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.springframework.session.FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import memcachedsoap.session.SessionException;
import memcachedsoap.session.SessionSettings;
import memcachedsoap.session.SessionValueException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.security.web.csrf.DefaultCsrfToken;
import org.springframework.web.servlet.FlashMap;

/**
 * The cases of Spring Session's RedisIndexedSessionRepositoryITests, without those about keys in Redis.
 */
class SharedSessionRepositoryTest {
  private final String principal = "user " + UUID.randomUUID();
  private static SharedSessionRepository repository;

  static SharedSessionRepository repository(String... namesAndValues) {
    Map<String, String> settings = new HashMap<>(Map.of("url", System.getenv("SOAP_URL"), "timeout", "60"));
    for (int i = 0; i < namesAndValues.length; i += 2) {
      settings.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return new SharedSessionRepository(SessionSettings.read(settings::get, "spring"));
  }

  @BeforeAll
  static void open() {
    repository = repository();
  }

  private SharedSpringSession saved(String name, Object value) {
    SharedSpringSession session = repository.createSession();
    session.setAttribute(name, value);
    repository.save(session);
    return session;
  }

  private Set<String> found() {
    return repository.findByPrincipalName(principal).keySet();
  }

  @Test
  void saves() {
    SharedSpringSession session = repository.createSession();
    session.setAttribute("a", "b");
    session.setAttribute(PRINCIPAL_NAME_INDEX_NAME, principal);
    repository.save(session);
    SharedSpringSession read = repository.findById(session.getId());
    assertEquals(session.getId(), read.getId());
    assertEquals(Set.of("a", "uid"), read.getAttributeNames());
    assertEquals("b", read.<String>getAttribute("a"));
    assertEquals(principal, read.getRequiredAttribute(PRINCIPAL_NAME_INDEX_NAME));
    assertEquals(session.getCreationTime().toEpochMilli(), read.getCreationTime().toEpochMilli());
    assertFalse(read.isExpired());
    repository.deleteById(session.getId());
    assertNull(repository.findById(session.getId()));
    assertEquals(Set.of(), found());
  }

  @Test
  void settingOneAttributeKeepsTheOthers() {
    SharedSpringSession session = saved("a", "b");
    session = repository.findById(session.getId());
    session.setAttribute("1", "2");
    repository.save(session);
    SharedSpringSession read = repository.findById(session.getId());
    assertEquals(Set.of("a", "1"), read.getAttributeNames());
  }

  @Test
  void findsByPrincipalName() {
    SharedSpringSession session = saved(PRINCIPAL_NAME_INDEX_NAME, principal);
    assertEquals(Set.of(session.getId()), found());
    repository.deleteById(session.getId());
    assertEquals(Set.of(), found());
  }

  @Test
  void otherChangesKeepThePrincipal() {
    SharedSpringSession session = repository.findById(saved(PRINCIPAL_NAME_INDEX_NAME, principal).getId());
    session.setAttribute("other", "value");
    repository.save(session);
    session = repository.findById(session.getId());
    repository.save(session);
    assertEquals(Set.of(session.getId()), found());
  }

  @Test
  void changesThePrincipal() {
    SharedSpringSession session = repository.findById(saved(PRINCIPAL_NAME_INDEX_NAME, principal).getId());
    String other = "other " + principal;
    session.setAttribute(PRINCIPAL_NAME_INDEX_NAME, other);
    repository.save(session);
    assertEquals(Set.of(), found());
    assertEquals(Set.of(session.getId()), repository.findByPrincipalName(other).keySet());
  }

  @Test
  void removesThePrincipal() {
    SharedSpringSession session = repository.findById(saved(PRINCIPAL_NAME_INDEX_NAME, principal).getId());
    session.removeAttribute(PRINCIPAL_NAME_INDEX_NAME);
    session.setAttribute("a", 1);
    repository.save(session);
    assertEquals(Set.of(), found());
    assertNotNull(repository.findById(session.getId()));
  }

  @Test
  void namesThatAreNumbers() {
    SharedSpringSession session = saved("uid", 12345);
    assertEquals("12345", repository.findById(session.getId()).getAttribute(PRINCIPAL_NAME_INDEX_NAME));
    session = saved("uid", List.of("a"));
    assertNull(repository.findById(session.getId()).getAttribute(PRINCIPAL_NAME_INDEX_NAME));
  }

  @Test
  void findsNothing() {
    assertNull(repository.findById("missing"));
    assertNull(repository.findById(UUID.randomUUID().toString()));
    assertEquals(Map.of(), repository.findByPrincipalName("nobody " + principal));
    assertEquals(Map.of(), repository.findByPrincipalName(""));
    SessionException e =
        assertThrows(SessionException.class, () -> repository.findByIndexNameAndIndexValue("colour", "blue"));
    assertTrue(e.getMessage().contains("refuses"), e.getMessage());
  }

  @Test
  void deletesByPrincipalName() {
    SharedSpringSession one = saved(PRINCIPAL_NAME_INDEX_NAME, principal);
    saved(PRINCIPAL_NAME_INDEX_NAME, principal);
    assertEquals(2, repository.deleteByPrincipalName(principal));
    assertNull(repository.findById(one.getId()));
    assertEquals(0, repository.deleteByPrincipalName(principal));
  }

  @Test
  void changesOnlyTheId() {
    SharedSpringSession session = repository.findById(saved("a", "b").getId());
    String original = session.getId();
    String changed = session.changeSessionId();
    repository.save(session);
    assertNull(repository.findById(original));
    assertEquals("b", repository.findById(changed).<String>getAttribute("a"));
  }

  @Test
  void changesTheIdTwice() {
    SharedSpringSession session = repository.findById(saved("a", "b").getId());
    String original = session.getId();
    String first = session.changeSessionId();
    String second = session.changeSessionId();
    repository.save(session);
    assertNotEquals(first, second);
    assertNull(repository.findById(original));
    assertNull(repository.findById(first));
    assertNotNull(repository.findById(second));
  }

  @Test
  void changesAttributesUnderTheNewId() {
    SharedSpringSession session = repository.findById(saved(PRINCIPAL_NAME_INDEX_NAME, principal).getId());
    session.setAttribute("a", "b");
    String changed = session.changeSessionId();
    session.setAttribute("c", "d");
    repository.save(session);
    SharedSpringSession read = repository.findById(changed);
    assertEquals("b", read.<String>getAttribute("a"));
    assertEquals("d", read.<String>getAttribute("c"));
    assertEquals(Set.of(changed), found(), "the index follows");
  }

  @Test
  void changesTheIdBeforeTheFirstSave() {
    SharedSpringSession session = repository.createSession();
    String original = session.getId();
    session.setAttribute("a", "b");
    String changed = session.changeSessionId();
    repository.save(session);
    assertNull(repository.findById(original));
    assertNotNull(repository.findById(changed));
  }

  @Test
  void changesTheIdOfADeletedSession() {
    SharedSpringSession session = repository.findById(saved("a", "b").getId());
    String original = session.getId();
    repository.deleteById(original);
    String changed = session.changeSessionId();
    repository.save(session);
    assertNull(repository.findById(original));
    assertNull(repository.findById(changed));
  }

  @Test
  void savesNothingOfADeletedSession() {
    SharedSpringSession session = repository.findById(saved("a", "b").getId());
    repository.deleteById(session.getId());
    session.setAttribute("a", "late");
    repository.save(session);
    session.setLastAccessedTime(Instant.now());
    repository.save(session);
    assertNull(repository.findById(session.getId()));
  }

  @Test
  void keepsTheIdleTimeoutOfOneSession() {
    SharedSpringSession session = saved("a", "b");
    assertEquals(Duration.ofMinutes(30), session.getMaxInactiveInterval());
    session.setMaxInactiveInterval(Duration.ofMinutes(5));
    repository.save(session);
    assertEquals(Duration.ofMinutes(5), repository.findById(session.getId()).getMaxInactiveInterval());
    session.setMaxInactiveInterval(Duration.ZERO);
    repository.save(session);
    assertNull(repository.findById(session.getId()));
  }

  @Test
  void lastAccessedTimeComesFromWhatIsLeft() {
    SharedSpringSession session = saved(PRINCIPAL_NAME_INDEX_NAME, principal);
    Instant last = repository.findByPrincipalName(principal).get(session.getId()).getLastAccessedTime();
    assertEquals(Instant.now().getEpochSecond(), last.getEpochSecond(), 90);
  }

  @Test
  void savesTheSameObjectAgain() {
    SharedSpringSession session = saved("a", 1);
    session.setAttribute("a", 2);
    repository.save(session);
    session.setAttribute("b", 3);
    repository.save(session);
    SharedSpringSession read = repository.findById(session.getId());
    assertEquals(2, read.<Integer>getAttribute("a"));
    assertEquals(3, read.<Integer>getAttribute("b"));
  }

  @Test
  void refusesTheSecurityContext() {
    SharedSpringSession session = repository.createSession();
    SessionValueException e =
        assertThrows(
            SessionValueException.class, () -> session.setAttribute("SPRING_SECURITY_CONTEXT", new Object()));
    assertTrue(e.getMessage().contains("SharedLoginRepository"), e.getMessage());
  }

  @Test
  void keepsWhatSpringItselfStores() {
    FlashMap flash = new FlashMap();
    flash.put("note", "saved");
    flash.setTargetRequestPath("/next");
    flash.addTargetRequestParam("a", "b");
    flash.startExpirationPeriod(180);
    SharedSpringSession session = saved("token", new DefaultCsrfToken("X-CSRF", "_csrf", "secret"));
    session.setAttribute("flash", List.of(flash));
    session.setAttribute("failure", new BadCredentialsException("wrong"));
    repository.save(session);
    SharedSpringSession read = repository.findById(session.getId());
    assertEquals("secret", read.<CsrfToken>getAttribute("token").getToken());
    assertEquals("_csrf", read.<CsrfToken>getAttribute("token").getParameterName());
    assertEquals(List.of(flash), read.getAttribute("flash"));
    assertEquals(flash.getExpirationTime(), read.<List<FlashMap>>getAttribute("flash").get(0).getExpirationTime());
    assertEquals("wrong", read.<AuthenticationException>getAttribute("failure").getMessage());
  }
}
