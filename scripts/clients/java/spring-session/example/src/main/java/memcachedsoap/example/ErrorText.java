package memcachedsoap.example;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import memcachedsoap.session.SessionException;

/**
 * Shows what is wrong with a session, such as a value that is too large, as the text of the answer.
 */
final class ErrorText implements Filter {
  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    try {
      chain.doFilter(request, response);
    } catch (ServletException | RuntimeException e) {
      Throwable cause = e;
      while (cause != null && !(cause instanceof SessionException)) {
        cause = cause.getCause();
      }
      if (cause == null || response.isCommitted()) {
        throw e;
      }
      response.reset();
      ((HttpServletResponse) response).setStatus(HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
      response.setContentType("text/plain;charset=utf-8");
      response.getOutputStream().write(cause.getMessage().getBytes(UTF_8));
    }
  }
}
