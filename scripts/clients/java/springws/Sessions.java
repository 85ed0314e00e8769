package sessions;

import jakarta.xml.bind.JAXBElement;
import java.io.IOException;
import java.net.HttpURLConnection;
import org.springframework.oxm.jaxb.Jaxb2Marshaller;
import org.springframework.ws.WebServiceMessage;
import org.springframework.ws.client.core.WebServiceTemplate;
import org.springframework.ws.soap.SoapFault;
import org.springframework.ws.soap.SoapMessage;
import org.springframework.ws.transport.http.HttpUrlConnectionMessageSender;

/** A WebServiceTemplate that turns a fault into an exception with the typed detail. */
final class Sessions extends WebServiceTemplate {
  /** A fault. The detail is an object such as SessionNotFoundFault or VersionConflictFault. */
  static final class FaultException extends RuntimeException {
    final transient Object detail;

    FaultException(String reason, Object detail) {
      super(reason);
      this.detail = detail;
    }
  }

  private final Jaxb2Marshaller marshaller = new Jaxb2Marshaller();

  Sessions(String endpoint) {
    marshaller.setContextPath("sessions");
    setMarshaller(marshaller);
    setUnmarshaller(marshaller);
    setDefaultUri(endpoint);
    setFaultMessageResolver(this::fail);
    setMessageSender(new Sender());
    setCheckConnectionForError(false); // the fault for wrong credentials has the HTTP status 401
    setCheckConnectionForFault(false);
  }

  /** Adds the credentials to each request. */
  private static final class Sender extends HttpUrlConnectionMessageSender {
    @Override
    protected void prepareConnection(HttpURLConnection connection) throws IOException {
      super.prepareConnection(connection);
      if (Credentials.authorization() != null) {
        connection.setRequestProperty("Authorization", Credentials.authorization());
      }
    }
  }

  private void fail(WebServiceMessage message) throws IOException {
    SoapFault fault = ((SoapMessage) message).getSoapBody().getFault();
    Object detail = null;
    if (fault.getFaultDetail() != null && fault.getFaultDetail().getDetailEntries().hasNext()) {
      var element = fault.getFaultDetail().getDetailEntries().next();
      detail = ((JAXBElement<?>) marshaller.unmarshal(element.getSource())).getValue();
    }
    throw new FaultException(fault.getFaultStringOrReason(), detail);
  }

  /** Sends the element of an operation and returns the element of the answer. */
  <T> T call(Object request, Class<T> answer) {
    return answer.cast(marshalSendAndReceive(request));
  }
}
