package memcachedsoap.spring;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.security.web.csrf.DefaultCsrfToken;
import org.springframework.util.ClassUtils;
import org.springframework.web.servlet.FlashMap;

/**
 * Objects that Spring itself keeps in a session, as maps: the token against forged requests, the reason of a failed
 * login, and flash attributes. They are made again when Spring reads them, without Java's serialization.
 */
final class FrameworkValues {
  private static final String KIND = "memcachedsoap.kind"; // in the maps, so that no map of an application is meant
  private static final boolean SECURITY = isPresent("org.springframework.security.web.csrf.DefaultCsrfToken");
  private static final boolean MVC = isPresent("org.springframework.web.servlet.FlashMap");

  private static boolean isPresent(String name) {
    return ClassUtils.isPresent(name, FrameworkValues.class.getClassLoader());
  }

  /** Returns what is stored for a value. */
  static Object stored(Object value) {
    if (SECURITY && Security.isKnown(value)) {
      return Security.stored(value);
    }
    if (MVC && Mvc.isKnown(value)) {
      return Mvc.stored((List<?>) value);
    }
    return value;
  }

  /** Returns the value for what is stored. */
  static Object read(Object stored) {
    if (SECURITY && stored instanceof Map && ((Map<?, ?>) stored).containsKey(KIND)) {
      return Security.read((Map<?, ?>) stored);
    }
    if (MVC && stored instanceof List && isFlash((List<?>) stored)) {
      return Mvc.read((List<?>) stored);
    }
    return stored;
  }

  private static boolean isFlash(List<?> list) {
    return !list.isEmpty()
        && list.stream().allMatch(item -> item instanceof Map && "flash".equals(((Map<?, ?>) item).get(KIND)));
  }

  /** Is loaded only if an application has Spring Security. */
  private static final class Security {
    static boolean isKnown(Object value) {
      return value instanceof CsrfToken || value instanceof AuthenticationException;
    }

    static Object stored(Object value) {
      if (value instanceof AuthenticationException) {
        return Map.of(KIND, "failure", "message", String.valueOf(((AuthenticationException) value).getMessage()));
      }
      CsrfToken token = (CsrfToken) value;
      return Map.of(
          KIND, "csrf",
          "header", token.getHeaderName(),
          "parameter", token.getParameterName(),
          "token", token.getToken());
    }

    static Object read(Map<?, ?> stored) {
      if ("failure".equals(stored.get(KIND))) {
        return new BadCredentialsException(String.valueOf(stored.get("message")));
      }
      if ("csrf".equals(stored.get(KIND))) {
        return new DefaultCsrfToken(
            (String) stored.get("header"), (String) stored.get("parameter"), (String) stored.get("token"));
      }
      return stored;
    }
  }

  /** Is loaded only if an application has Spring MVC. */
  private static final class Mvc {
    static boolean isKnown(Object value) {
      return value instanceof List
          && !((List<?>) value).isEmpty()
          && ((List<?>) value).stream().allMatch(item -> item instanceof FlashMap);
    }

    static Object stored(List<?> value) {
      List<Object> list = new ArrayList<>();
      for (Object item : value) {
        FlashMap flash = (FlashMap) item;
        Map<String, Object> map = new HashMap<>();
        map.put(KIND, "flash");
        map.put("attributes", new HashMap<>(flash));
        map.put("path", flash.getTargetRequestPath());
        map.put("params", new HashMap<>(flash.getTargetRequestParams()));
        map.put("expires", flash.getExpirationTime());
        list.add(map);
      }
      return list;
    }

    static Object read(List<?> stored) {
      List<FlashMap> list = new ArrayList<>();
      for (Object item : stored) {
        Map<?, ?> map = (Map<?, ?>) item;
        FlashMap flash = new FlashMap();
        ((Map<?, ?>) map.get("attributes")).forEach((name, value) -> flash.put((String) name, value));
        flash.setTargetRequestPath((String) map.get("path"));
        ((Map<?, ?>) map.get("params"))
            .forEach((name, values) -> ((List<?>) values)
                .forEach(value -> flash.addTargetRequestParam((String) name, (String) value)));
        flash.setExpirationTime(((Number) map.get("expires")).longValue());
        list.add(flash);
      }
      return list;
    }
  }

  private FrameworkValues() {}
}
