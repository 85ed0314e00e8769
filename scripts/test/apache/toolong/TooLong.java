import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/**
 * Sends a message of SIZE bytes with HttpURLConnection, and prints the answer. Usage: java TooLong.java ENDPOINT SIZE
 * length|buffered|chunked
 */
public final class TooLong {
  private TooLong() {}

  public static void main(String[] args) throws Exception {
    byte[] body = "x".repeat(Integer.parseInt(args[1])).getBytes(StandardCharsets.US_ASCII);
    HttpURLConnection connection = (HttpURLConnection) URI.create(args[0]).toURL().openConnection();
    connection.setRequestMethod("POST");
    connection.setRequestProperty("Content-Type", "text/xml; charset=utf-8");
    connection.setDoOutput(true);
    switch (args[2]) {
      case "chunked" -> connection.setChunkedStreamingMode(8192);
      case "length" -> connection.setFixedLengthStreamingMode(body.length);
      default -> {} // the connection keeps the message until it is complete
    }
    try (OutputStream out = connection.getOutputStream()) {
      out.write(body);
    }
    System.out.println(connection.getResponseCode());
    try (InputStream in = connection.getErrorStream()) {
      System.out.println(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }
}
