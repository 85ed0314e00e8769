package sessions

import wslite.soap.SOAPFaultException

/** Calls every operation: the life of one session. */
class Walk {
  static void walk(Sessions sessions, String session) {
    def entries = Values.entries(uid: 'dwho', roles: ['traveller', 'doctor'])
    def stored = sessions.call('setSession') {
      id session
      attributes entries
      ttl 3600
    }
    println "set\t$stored.id"

    def read = sessions.call('getSession') { id session }
    println "get\t${Values.map(read.attributes).uid}"

    // Change one attribute only if the session has not been modified since it was read.
    def change = {
      id session
      set Values.entries(mood: 'good')
      ifVersion read.version
    }
    sessions.call('updateSession', change)
    println 'update\tok'
    try {
      sessions.call('updateSession', change)
    } catch (SOAPFaultException e) {
      def detail = Sessions.detail(e)
      if (detail.name() == 'VersionConflictFault') {
        println "conflict\t$detail.id"
      }
    }

    def touched = sessions.call('touchSession') {
      id session
      ttl 600
    }
    println "touch\t$touched.expiresIn"

    def found = sessions.call('getSessions') {
      ids {
        id session
        id 'f' * 32
      }
    }
    println "batch\t${found.session.size()}"

    def known = sessions.call('findSessions') { principal 'dwho' }.id*.text()
    println "find\t${session in known ? 1 : 0}"

    def report = sessions.call('stats')
    println "stats\t${report.service.stat.size() > 0 ? 1 : 0}"

    println "delete\t${sessions.call('deleteSession') { id session }}"
    try {
      sessions.call('getSession') { id session }
    } catch (SOAPFaultException e) {
      def detail = Sessions.detail(e)
      if (detail.name() == 'SessionNotFoundFault') {
        println "notfound\t$detail.id"
      }
    }

    // Without an id the service creates one.
    println "new\t${sessions.call('setSession') { attributes entries }.id}"
  }
}
