package memcachedsoap.spring;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * A web application on Jetty, and browsers for it.
 */
final class WebServer implements AutoCloseable {
  /** A page of the application. */
  interface Page {
    Object answer(HttpServletRequest request, HttpServletResponse response) throws Exception;
  }

  private final Server server = new Server(new InetSocketAddress("127.0.0.1", 0));
  private final ServletContextHandler web = new ServletContextHandler();
  private final Map<String, Page> pages = new HashMap<>();

  WebServer() {
    web.setContextPath("/");
    web.addServlet(new ServletHolder(new Pages()), "/*");
    server.setHandler(web);
  }

  WebServer page(String path, Page page) {
    pages.put(path, page);
    return this;
  }

  WebServer filter(Filter filter, String... namesAndValues) {
    FilterHolder holder = new FilterHolder(filter);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      holder.setInitParameter(namesAndValues[i], namesAndValues[i + 1]);
    }
    web.addFilter(holder, "/*", EnumSet.of(DispatcherType.REQUEST, DispatcherType.ERROR));
    return this;
  }

  WebServer start() throws Exception {
    server.start();
    return this;
  }

  ServletContextHandler web() {
    return web;
  }

  String url() {
    return "http://127.0.0.1:" + ((ServerConnector) server.getConnectors()[0]).getLocalPort();
  }

  @Override
  public void close() throws Exception {
    server.stop();
  }

  @SuppressWarnings("serial")
  private final class Pages extends HttpServlet {
    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
      Page page = pages.get(request.getPathInfo());
      if (page == null) {
        response.sendError(HttpServletResponse.SC_NOT_FOUND);
        return;
      }
      try {
        Object answer = page.answer(request, response);
        if (!response.isCommitted()) {
          response.setContentType("text/plain;charset=utf-8");
          response.getWriter().print(answer);
        }
      } catch (IOException | RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** A browser with one cookie. */
  static final class Browser {
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String url;

    String cookie; // the header that the browser sends
    String setCookie; // of the last answer
    HttpResponse<String> answer;

    Browser(String url) {
      this.url = url;
    }

    String get(String path) throws Exception {
      return send(HttpRequest.newBuilder(URI.create(url + path)));
    }

    String post(String path, String form) throws Exception {
      return send(
          HttpRequest.newBuilder(URI.create(url + path))
              .header("Content-Type", "application/x-www-form-urlencoded")
              .POST(HttpRequest.BodyPublishers.ofString(form)));
    }

    private String send(HttpRequest.Builder request) throws Exception {
      if (cookie != null) {
        request.header("Cookie", cookie);
      }
      answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      List<String> set = answer.headers().allValues("Set-Cookie");
      setCookie = set.isEmpty() ? null : set.get(set.size() - 1);
      if (setCookie != null && setCookie.startsWith("sessionid=")) {
        cookie = setCookie.split(";")[0];
      }
      return answer.body();
    }

    String id() {
      return cookie.substring("sessionid=".length());
    }
  }
}
