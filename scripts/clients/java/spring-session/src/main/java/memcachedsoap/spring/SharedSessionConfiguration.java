package memcachedsoap.spring;

import jakarta.servlet.Filter;
import memcachedsoap.session.SessionSettings;
import org.springframework.boot.autoconfigure.AutoConfigureBefore;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.security.web.savedrequest.CookieRequestCache;
import org.springframework.security.web.savedrequest.RequestCache;
import org.springframework.session.web.http.CookieSerializer;
import org.springframework.util.ClassUtils;

/**
 * The shared sessions of a Spring application: with Spring Boot the property memcachedsoap.url is enough, without it an
 * application imports this class and registers the filter springSessionRepositoryFilter. The settings are the
 * properties memcachedsoap.NAME.
 */
@Configuration(proxyBeanMethods = false)
@Conditional(SharedSessionConfiguration.IsSet.class)
@AutoConfigureBefore(name = "org.springframework.boot.autoconfigure.session.SessionAutoConfiguration")
@Import(SharedSessionConfiguration.Security.class)
public class SharedSessionConfiguration {
  private static final String PREFIX = "memcachedsoap.";

  @Bean
  public SessionSettings sharedSessionSettings(Environment environment) {
    return SessionSettings.read(name -> environment.getProperty(PREFIX + name), "spring");
  }

  @Bean
  public SharedSessionRepository sessionRepository(SessionSettings settings) {
    return new SharedSessionRepository(settings);
  }

  @Bean
  public CookieSerializer cookieSerializer(SessionSettings settings) {
    return new SharedSessionCookie(settings);
  }

  /** The name is the one that Spring's own classes look for. */
  @Bean
  public SharedSessionRepositoryFilter springSessionRepositoryFilter(
      SharedSessionRepository repository, CookieSerializer cookie) {
    return new SharedSessionRepositoryFilter(repository, cookie);
  }

  /** The shared login, for an application with Spring Security. */
  @Configuration(proxyBeanMethods = false)
  @Conditional(HasSecurity.class)
  public static class Security {
    @Bean
    public SharedLoginRepository sharedLoginRepository(SessionSettings settings) {
      return new SharedLoginRepository(settings.text("role-prefix", "ROLE_"));
    }

    /** Keeps the page to return to after a login in a cookie: Spring's own cache stores an object in the session. */
    @Bean
    public RequestCache sharedRequestCache() {
      return new CookieRequestCache();
    }
  }

  static class IsSet implements Condition {
    @Override
    public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
      return context.getEnvironment().containsProperty(PREFIX + "url")
          && ClassUtils.isPresent(Filter.class.getName(), context.getClassLoader());
    }
  }

  static class HasSecurity implements Condition {
    @Override
    public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
      return ClassUtils.isPresent(
          "org.springframework.security.web.context.SecurityContextRepository", context.getClassLoader());
    }
  }
}
