package memcachedsoap.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Stands between a client and the service at SOAP_URL: notes the calls, hangs like a service that does not answer, or
 * answers with a fault.
 */
public final class Gate implements AutoCloseable {
  private static final Pattern OPERATION = Pattern.compile("Body[^>]*>\\s*<(?:[\\w.-]+:)?(\\w+)");

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI target = URI.create(soapUrl());
  private final List<String> calls = new ArrayList<>();

  private volatile CountDownLatch shut = new CountDownLatch(0);
  private volatile String fault;

  public Gate() throws IOException {
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  /** Returns the address of the service that the tests need. */
  public static String soapUrl() {
    String url = System.getenv("SOAP_URL");
    if (url == null) {
      throw new IllegalStateException("set SOAP_URL to the address of a service with --principal uid");
    }
    return url;
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/soap";
  }

  /** Returns the names of the operations that were called since the last time. */
  public synchronized List<String> taken() {
    List<String> taken = new ArrayList<>(calls);
    calls.clear();
    return taken;
  }

  /** Makes the service hang until {@link #open}. */
  public void shut() {
    shut = new CountDownLatch(1);
  }

  public void open() {
    shut.countDown();
    fault = null;
  }

  /** Makes the service answer each call with a fault. */
  public void answer(String code, String name, String detail) {
    String typed = "<d:" + name + " xmlns:d='urn:memcached-soap:session:v1'>" + detail + "</d:" + name + ">";
    fault =
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault><faultcode>s:" + code
            + "</faultcode><faultstring>told so</faultstring>"
            + (name.isEmpty() ? "" : "<detail>" + typed.replaceAll("<(/?)(\\w+)>", "<$1d:$2>") + "</detail>")
            + "</s:Fault></s:Body></s:Envelope>";
  }

  private void handle(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    Matcher operation = OPERATION.matcher(new String(body, UTF_8));
    synchronized (this) {
      calls.add(operation.find() ? operation.group(1) : "?");
    }
    try {
      shut.await();
      String canned = fault;
      if (canned != null) {
        exchange.getResponseHeaders().set("Content-Type", "text/xml; charset=utf-8");
        send(exchange, 500, canned.getBytes(UTF_8));
        return;
      }
      HttpRequest.Builder request = HttpRequest.newBuilder(target).POST(HttpRequest.BodyPublishers.ofByteArray(body));
      for (String name : List.of("Content-Type", "SOAPAction", "Authorization")) {
        String value = exchange.getRequestHeaders().getFirst(name);
        if (value != null) {
          request.header(name, value);
        }
      }
      HttpResponse<byte[]> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      answer.headers().firstValue("Content-Type").ifPresent(t -> exchange.getResponseHeaders().set("Content-Type", t));
      send(exchange, answer.statusCode(), answer.body());
    } catch (InterruptedException e) {
      exchange.close();
    }
  }

  private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @Override
  public void close() {
    open();
    server.stop(0);
    threads.shutdownNow();
  }

  /** Returns settings of an application that calls the service through this gate. */
  public SessionSettings settings(String... namesAndValues) {
    Map<String, String> texts = new HashMap<>(Map.of("url", url(), "timeout", "60"));
    for (int i = 0; i < namesAndValues.length; i += 2) {
      texts.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return SessionSettings.read(texts::get, "app");
  }
}
