/**
 * Login sessions that several programs share. Requests and responses are document/literal. This document describes SOAP 1.1; the same address also accepts SOAP 1.2. The service takes an absent or empty ttl or updateOnly for nil. A service may need credentials, which its operator gives you: send them with each request, by HTTP Basic, in the header Authorization: Bearer, or in a UsernameToken of WS-Security. Without them the HTTP status is 401. A general fault of the client (Client, or Sender in SOAP 1.2) that begins with "Access denied" means that the caller lacks the role of the operation.
 * 
 */
@javax.xml.bind.annotation.XmlSchema(namespace = "urn:memcached-soap:session:v1", elementFormDefault = javax.xml.bind.annotation.XmlNsForm.QUALIFIED)
package sessions;
