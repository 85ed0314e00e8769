package peer;

import jakarta.jws.WebService;
import jakarta.xml.ws.Endpoint;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import net.spy.memcached.ConnectionFactoryBuilder;
import net.spy.memcached.MemcachedClient;
import peer.generated.*;

/**
 * The contract on Apache CXF with Jetty, and spymemcached. A session is stored as the string
 * "name\0value\0..." under its id. Arguments: address and port, and those of memcached.
 */
@WebService(
    serviceName = "SessionService",
    portName = "SessionPort",
    targetNamespace = "urn:memcached-soap:session:v1",
    endpointInterface = "peer.generated.SessionPortType")
public final class Sessions implements SessionPortType {
  private static final int DEFAULT_TTL = 72000; // seconds
  private static final int TIMEOUT = 1000; // ms

  private final SecureRandom random = new SecureRandom();
  private final MemcachedClient store;

  Sessions(InetSocketAddress memcached) throws Exception {
    store =
        new MemcachedClient(
            new ConnectionFactoryBuilder().setUseNagleAlgorithm(false).setOpTimeout(TIMEOUT).build(),
            List.of(memcached));
  }

  @Override
  public String status() {
    return "...... MEMCACHED SOAP OK ......";
  }

  @Override
  public Session getSession(String id, Integer ttl, Boolean typed)
      throws SessionNotFoundException, StoreUnavailableException {
    String stored;
    try {
      stored = (String) store.get(id);
    } catch (RuntimeException e) {
      throw unavailable();
    }
    if (stored == null) {
      SessionNotFoundFault detail = new SessionNotFoundFault();
      detail.setId(id);
      throw new SessionNotFoundException("there is no such session", detail);
    }
    Session session = new Session();
    session.setId(id);
    session.setVersion("1");
    session.setAttributes(new EntryList());
    for (int at = 0; at < stored.length(); ) {
      int middle = stored.indexOf('\0', at);
      int end = stored.indexOf('\0', middle + 1);
      Entry entry = new Entry();
      entry.setKey(stored.substring(at, middle));
      entry.setValue(stored.substring(middle + 1, end));
      session.getAttributes().getEntry().add(entry);
      at = end + 1;
    }
    return session;
  }

  @Override
  public SessionRef setSession(
      String id,
      EntryList attributes,
      Integer ttl,
      String ifVersion,
      Boolean updateOnly,
      Integer lifetime,
      Boolean onlyNew)
      throws StoreUnavailableException {
    if (id == null) {
      byte[] bytes = new byte[16];
      random.nextBytes(bytes);
      id = HexFormat.of().formatHex(bytes);
    }
    StringBuilder stored = new StringBuilder(2048);
    for (Entry entry : attributes.getEntry()) {
      String value = entry.getValue() == null ? "" : entry.getValue();
      stored.append(entry.getKey()).append('\0').append(value).append('\0');
    }
    boolean done;
    try {
      int seconds = ttl == null || ttl <= 0 ? DEFAULT_TTL : ttl;
      done = store.set(id, seconds, stored.toString()).get(TIMEOUT, TimeUnit.MILLISECONDS);
    } catch (Exception e) {
      throw unavailable();
    }
    if (!done) {
      throw unavailable();
    }
    SessionRef reference = new SessionRef();
    reference.setId(id);
    reference.setVersion("1");
    return reference;
  }

  private static StoreUnavailableException unavailable() {
    return new StoreUnavailableException("the store is unavailable", new StoreUnavailableFault());
  }

  @Override
  public SessionRef updateSession(
      String id, EntryList set, KeyList remove, Integer ttl, String ifVersion, Integer lifetime) {
    throw new UnsupportedOperationException();
  }

  @Override
  public SessionList getSessions(IdList ids, Integer ttl, Boolean typed) {
    throw new UnsupportedOperationException();
  }

  @Override
  public IdList findSessions(String principal, String application) {
    throw new UnsupportedOperationException();
  }

  @Override
  public IdList deleteSessions(String principal, String application) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean deleteSession(String id, String ifVersion) {
    throw new UnsupportedOperationException();
  }

  @Override
  public SessionRef renameSession(String id, String newId, String ifVersion) {
    throw new UnsupportedOperationException();
  }

  @Override
  public SessionRef touchSession(String id, Integer ttl) {
    throw new UnsupportedOperationException();
  }

  @Override
  public StatsReport stats() {
    throw new UnsupportedOperationException();
  }

  public static void main(String[] args) throws Exception {
    System.setProperty("net.spy.log.LoggerImpl", "net.spy.memcached.compat.log.SLF4JLogger");
    InetSocketAddress memcached = new InetSocketAddress(args[2], Integer.parseInt(args[3]));
    Endpoint.publish("http://" + args[0] + ":" + args[1] + "/soap", new Sessions(memcached));
    Thread.currentThread().join();
  }
}
