package sessions

import wslite.soap.SOAPFaultException

/** Calls every operation: the life of one session. */
class Walk {
  static void walk(Sessions sessions, String session) {
    def entries = Values.entries(uid: 'dwho', roles: ['traveller', 'doctor'], visits: 1L)
    // With onlyNew the service stores the session only if there is none with the id. It ends after two hours in any
    // case.
    def login = {
      id session
      attributes entries
      ttl 3600
      lifetime 7200
      onlyNew true
    }
    def stored = sessions.call('setSession', login)
    println "set\t$stored.id"
    expect('exists', 'SessionExistsFault') { sessions.call('setSession', login) }

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
    expect('conflict', 'VersionConflictFault') { sessions.call('updateSession', change) }

    def touched = sessions.call('touchSession') {
      id session
      ttl 600
    }
    println "touch\t$touched.expiresIn"

    // Read the session and give it 15 minutes in one call. Numbers have a type.
    def used = sessions.call('getSession') {
      id session
      ttl 900
      typed true
    }
    println "typed\t${used.attributes.entry.find { it.key == 'visits' }.type}"
    println "ttl\t$used.expiresIn"

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

    // A login gives the session another id, of the program or of the service.
    def chosen = sessions.call('renameSession') {
      id session
      newId session + '0'
    }
    println "rename\t$chosen.id"
    def made = sessions.call('renameSession') { id chosen.id }
    println "renamed\t$made.id"

    // Delete it only if nobody has changed it.
    def delete = { version ->
      sessions.call('deleteSession') {
        id made.id
        ifVersion version
      }
    }
    expect('kept', 'VersionConflictFault') { delete(read.version) }
    println "delete\t${delete(made.version)}"
    expect('notfound', 'SessionNotFoundFault') { sessions.call('getSession') { id session } }

    // Without an id the service creates one. The session ends after two minutes: a ttl that is longer than the lifetime
    // is cut.
    def created = sessions.call('setSession') {
      attributes entries
      ttl 3600
      lifetime 120
    }
    println "new\t$created.id"
    println "lifetime\t$created.expiresIn"
  }

  /** Makes a call that fails, and prints the id in its fault. */
  private static void expect(String step, String name, Closure call) {
    try {
      call()
    } catch (SOAPFaultException e) {
      def detail = Sessions.detail(e)
      if (detail.name() == name) {
        println "$step\t$detail.id"
      }
    }
  }
}
