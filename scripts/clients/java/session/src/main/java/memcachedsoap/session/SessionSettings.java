package memcachedsoap.session;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What an operator decides about the sessions of an application. The page of each adapter explains the settings.
 */
public final class SessionSettings {
  /** The longest time that the service takes in one number. */
  private static final Duration LONGEST = Duration.ofSeconds(Integer.MAX_VALUE);

  private final Function<String, String> source;

  private final URI url;
  private final String key;
  private final String user;
  private final String password;
  private final Path caFile;
  private final Duration timeout;
  private final Duration idle;
  private final Duration lifetime;
  private final Set<String> shared;
  private final String app;
  private final Set<String> exact;
  private final PrivateObjects objects;
  private final List<String> anonymous;

  private SessionSettings(Function<String, String> source, String defaultApp) {
    this.source = source;
    url = URI.create(required("url"));
    if (url.getHost() == null || !List.of("http", "https").contains(url.getScheme())) {
      throw invalid("url", "the address of the service, such as http://127.0.0.1:8080/soap");
    }
    key = text("key", "");
    user = text("user", "");
    password = text("password", "");
    if (!key.isEmpty() && !user.isEmpty()) {
      throw new IllegalArgumentException("set key or user, not both");
    }
    String ca = text("ca-file", "");
    caFile = ca.isEmpty() ? null : Path.of(ca);
    timeout = seconds("timeout", "2");
    idle = text("idle", "1800").equals("never") ? Duration.ofSeconds(-1) : seconds("idle", "1800");
    lifetime = text("lifetime", "").isEmpty() ? null : seconds("lifetime", "");
    app = text("app", defaultApp);
    Set<String> names = new LinkedHashSet<>(AttributeNames.LOGIN);
    names.addAll(list("shared"));
    for (String name : names) {
      if (AttributeNames.isReserved(name) || name.startsWith(app + "/")) {
        throw invalid("shared", "names of attributes, but not " + SessionValueException.printable(name));
      }
    }
    shared = Collections.unmodifiableSet(names);
    exact = Set.copyOf(list("exact"));
    objects = objects(text("objects", "refused"), text("objects-allowed", ""));
    anonymous = List.copyOf(list("anonymous"));
    if (anonymous.stream().anyMatch(path -> !path.startsWith("/"))) {
      throw invalid("anonymous", "paths that begin with a slash");
    }
  }

  /**
   * Reads the settings.
   *
   * @param source returns the text of a setting; null or an empty text if it is not set
   * @param defaultApp is the prefix of names that are not shared, if the setting app does not say it
   * @throws IllegalArgumentException names the setting that is wrong
   */
  public static SessionSettings read(Function<String, String> source, String defaultApp) {
    return new SessionSettings(source, defaultApp);
  }

  /** Returns the text of a setting, such as those of the cookie, which only an adapter knows. */
  public String text(String name, String ifAbsent) {
    String value = source.apply(name);
    return value == null || value.isBlank() ? ifAbsent : value.trim();
  }

  /** Returns a setting that is true or false. */
  public boolean bool(String name, boolean ifAbsent) {
    String value = text(name, String.valueOf(ifAbsent));
    if (!List.of("true", "false").contains(value)) {
      throw invalid(name, "true or false");
    }
    return value.equals("true");
  }

  /** Returns the names in a setting, which commas separate. */
  public List<String> list(String name) {
    return Arrays.stream(text(name, "").split(","))
        .map(String::trim)
        .filter(item -> !item.isEmpty())
        .collect(Collectors.toList());
  }

  private String required(String name) {
    String value = text(name, "");
    if (value.isEmpty()) {
      throw invalid(name, "a value");
    }
    return value;
  }

  private Duration seconds(String name, String ifAbsent) {
    String value = text(name, ifAbsent);
    try {
      Duration duration = Duration.ofMillis(Math.round(Double.parseDouble(value) * 1000));
      if (!duration.isNegative() && !duration.isZero() && duration.compareTo(LONGEST) <= 0) {
        return duration;
      }
    } catch (NumberFormatException e) {
      // answered below
    }
    throw invalid(name, "a positive number of seconds" + (name.equals("idle") ? ", or never" : ""));
  }

  private PrivateObjects objects(String mode, String allowed) {
    switch (mode) {
      case "refused":
        return null;
      case "private":
        if (allowed.isEmpty()) {
          throw invalid("objects-allowed", "the classes that objects=private may read, such as com.example.cart.*");
        }
        return new PrivateObjects(allowed);
      default:
        throw invalid("objects", "refused or private");
    }
  }

  private static IllegalArgumentException invalid(String name, String expected) {
    return new IllegalArgumentException("the setting " + name + " of the session needs " + expected);
  }

  URI url() {
    return url;
  }

  String key() {
    return key;
  }

  String user() {
    return user;
  }

  String password() {
    return password;
  }

  Path caFile() {
    return caFile;
  }

  Duration timeout() {
    return timeout;
  }

  /** Returns the idle timeout of a new session; negative if it has none. */
  public Duration idle() {
    return idle;
  }

  /** Returns the absolute timeout; null if there is none. */
  Duration lifetime() {
    return lifetime;
  }

  AttributeNames names() {
    return new AttributeNames(shared, app);
  }

  Set<String> exact() {
    return exact;
  }

  /** Returns null if objects are refused. */
  PrivateObjects objects() {
    return objects;
  }

  /** Reports whether a page goes on without its session if the service does not answer. */
  public boolean isAnonymous(String path) {
    return anonymous.stream().anyMatch(path::startsWith);
  }
}
