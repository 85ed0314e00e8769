package memcachedsoap.example;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.net.InetSocketAddress;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import memcachedsoap.spring.SharedLoginRepository;
import memcachedsoap.spring.SharedSessionConfiguration;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.MapPropertySource;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.context.ContextLoaderListener;
import org.springframework.web.context.support.AnnotationConfigWebApplicationContext;
import org.springframework.web.filter.DelegatingFilterProxy;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.FlashMap;
import org.springframework.web.servlet.FlashMapManager;
import org.springframework.web.servlet.config.annotation.EnableWebMvc;

/**
 * An application on Jetty with Spring MVC and Spring Security, whose session is the shared one.
 */
public final class Application {
  public static void main(String[] args) throws Exception {
    AnnotationConfigWebApplicationContext spring = new AnnotationConfigWebApplicationContext();
    spring.getEnvironment().getPropertySources().addFirst(new MapPropertySource("settings", settings()));
    spring.register(Setup.class);

    ServletContextHandler web = new ServletContextHandler();
    web.setContextPath("/");
    web.addEventListener(new ContextLoaderListener(spring));
    addFilter(web, new ErrorText());
    addFilter(web, new DelegatingFilterProxy("springSessionRepositoryFilter")); // before all that use the session
    addFilter(web, new DelegatingFilterProxy("springSecurityFilterChain"));
    DispatcherServlet dispatcher = new DispatcherServlet(spring);
    dispatcher.setPublishEvents(false); // they name the session, so each page would read it
    web.addServlet(new ServletHolder(dispatcher), "/");

    Server server = new Server(new InetSocketAddress("127.0.0.1", Integer.parseInt(System.getenv("PORT"))));
    server.setHandler(web);
    server.setStopAtShutdown(true);
    server.start();
    server.join();
  }

  private static void addFilter(ServletContextHandler web, Filter filter) {
    FilterHolder holder = new FilterHolder(filter);
    holder.setAsyncSupported(true);
    web.addFilter(holder, "/*", EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC, DispatcherType.ERROR));
  }

  /** The settings of the session come from the environment of this example. */
  private static Map<String, Object> settings() {
    Map<String, Object> settings = new HashMap<>(Map.of("memcachedsoap.timeout", "5")); // for a busy machine
    Map.of("url", "SOAP_URL", "key", "SOAP_KEY", "shared", "SHARED", "app", "APP")
        .forEach((name, variable) -> {
          String value = System.getenv(variable);
          if (value != null) {
            settings.put("memcachedsoap." + name, value);
          }
        });
    return settings;
  }

  /** What makes the session and the user of Spring the shared ones is in the first and the last line. */
  @Configuration
  @Import({SharedSessionConfiguration.class, Pages.class})
  @EnableWebMvc
  @EnableWebSecurity
  public static class Setup {
    @Bean
    public SecurityFilterChain security(HttpSecurity http, SharedLoginRepository login) throws Exception {
      return http.authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
          .csrf(csrf -> csrf.disable()) // this example has no forms; an application with forms keeps it
          .logout(logout -> logout.logoutUrl("/logout").logoutSuccessHandler(Pages::loggedOut))
          .sessionManagement(session -> session.requireExplicitAuthenticationStrategy(true))
          .securityContext(context -> context.requireExplicitSave(true).securityContextRepository(login))
          .build();
    }

    /** Without it Spring MVC looks for flash attributes, which this example has not, in the session of each page. */
    @Bean(DispatcherServlet.FLASH_MAP_MANAGER_BEAN_NAME)
    public FlashMapManager flashMapManager() {
      return new FlashMapManager() {
        @Override
        public FlashMap retrieveAndUpdate(HttpServletRequest request, HttpServletResponse response) {
          return null;
        }

        @Override
        public void saveOutputFlashMap(FlashMap flash, HttpServletRequest request, HttpServletResponse response) {
          if (!flash.isEmpty()) {
            throw new IllegalStateException("this example has no flash attributes");
          }
        }
      };
    }
  }

  private Application() {}
}
