// Package perlcgi speaks to the programs that were written for
// MemcachedSOAP.cgi of Apache::Session::Memorycached 2.2.1: SOAP::Lite, in
// rpc/encoded style, in a namespace whose path is MemcachedSOAPClass. They go
// on as they are.
//
//	status()                   "...... MEMCACHED SOAP OK ......"
//	getSession(id)             the session as a struct; "" if there is none
//	setSession(k1, v1, k2, …)  the id of a session with these attributes
//
// Parameters count by position. getSession without an id books a new session.
// setSession makes a new one, or replaces the one that is named by the
// attribute _session_id. What a Perl program then finds in memcached is what
// the CGI would have stored.
//
// Where the CGI told less than the truth this package tells it: a fault when
// memcached does not answer, when an item cannot be read, and when a session
// could not be stored. Faults have no detail in this dialect.
package perlcgi
