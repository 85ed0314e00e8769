package sessions

import wslite.http.auth.HTTPBasicAuthorization
import wslite.soap.SOAPFaultException

/**
 * Usage: Main WSDL_URL walk|read|write|writetext|writebig|writecontrol ID, or Main WSDL_URL fault KIND ID.
 * With CREDENTIALS=basic in the environment the client sends the name and the password in SOAP_LOGIN.
 */
class Main {
  static void main(String... args) {
    def sessions = connect(args[0] - '?wsdl')
    String session = args[-1]
    switch (args[1]) {
      case 'walk': Walk.walk(sessions, session); break
      case 'fault': println fault(sessions, args[2], session); break
      case 'read': Fixture.print(Values.map(read(sessions, session).attributes)); break
      default:
        sessions.call('setSession') {
          id session
          attributes Values.entries(Fixture.of(args[1]))
          ttl 3600
        }
    }
  }

  private static read(Sessions sessions, String session) {
    return sessions.call('getSession') {
      id session
      typed true
    }
  }

  private static Sessions connect(String endpoint) {
    def sessions = new Sessions(endpoint)
    if (System.getenv('CREDENTIALS') == 'basic') {
      def (name, password) = System.getenv('SOAP_LOGIN').split(':', 2)
      sessions.client.authorization = new HTTPBasicAuthorization(name, password)
    }
    return sessions
  }

  /** Makes a call that fails, and returns the name and a field of its fault. */
  private static String fault(Sessions sessions, String kind, String session) {
    try {
      if (kind in ['conflict', 'deleted', 'toolarge']) {
        sessions.call('setSession') {
          id session
          attributes Values.entries(a: kind == 'toolarge' ? 'x' * 1_200_000 : '1')
          if (kind == 'conflict') {
            ifVersion 'AAAA'
          }
        }
      } else {
        sessions.call('getSession') { id session }
      }
    } catch (SOAPFaultException e) {
      def detail = Sessions.detail(e)
      def field = detail.children().find { it.name() in ['id', 'limit', 'reason'] }
      return "${detail.name()}\t$field"
    }
    return 'no fault'
  }
}
