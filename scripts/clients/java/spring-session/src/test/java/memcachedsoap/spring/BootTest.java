package memcachedsoap.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.servlet.http.HttpSession;
import memcachedsoap.spring.WebServer.Browser;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * An application with Spring Boot and Tomcat, for which the property memcachedsoap.url is enough.
 */
class BootTest {
  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @RestController
  static class Application {
    @Bean
    SecurityFilterChain security(HttpSecurity http, SharedLoginRepository login) throws Exception {
      return http.authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
          .securityContext(context -> context.securityContextRepository(login))
          .build();
    }

    @GetMapping("/count")
    int count(HttpSession session) {
      Integer before = (Integer) session.getAttribute("count");
      session.setAttribute("count", before == null ? 1 : before + 1);
      return (Integer) session.getAttribute("count");
    }
  }

  @Test
  void onePropertyIsEnough() throws Exception {
    try (ConfigurableApplicationContext application =
        SpringApplication.run(
            Application.class, "--server.port=0", "--memcachedsoap.url=" + System.getenv("SOAP_URL"),
            "--memcachedsoap.app=boot", "--memcachedsoap.timeout=60",
            "--logging.level.root=warn", "--spring.main.banner-mode=off")) {
      Browser browser =
          new Browser("http://127.0.0.1:" + application.getEnvironment().getProperty("local.server.port"));
      assertEquals("1", browser.get("/count"));
      assertTrue(browser.setCookie.startsWith("sessionid="), browser.setCookie);
      assertEquals("2", browser.get("/count"));
      SharedSpringSession session = SharedSessionRepositoryTest.repository("app", "boot").findById(browser.id());
      assertEquals(2, session.<Integer>getAttribute("count"));
    }
  }
}
