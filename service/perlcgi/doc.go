// Package perlcgi is the dialect of the programs for MemcachedSOAP.cgi of
// Apache::Session::Memorycached 2.2.1: SOAP::Lite in rpc/encoded style, in a
// namespace whose path is MemcachedSOAPClass. These programs work without a change.
//
//	status()                   "...... MEMCACHED SOAP OK ......"
//	getSession(id)             the session as a struct; "" if there is none
//	setSession(k1, v1, k2, …)  the id of a session with these attributes
//	renameSession(id, newId)   the new id of the session; "" if there is none
//
// Parameters are by position. getSession without an id creates a session
// (create-on-get). setSession creates a session, or replaces the session whose id
// is in the attribute _session_id. It stores in memcached what the CGI would store.
// renameSession, which the CGI did not have, makes a new id if there is no second
// parameter.
//
// In three cases the CGI hid an error. This package answers with a fault: memcached
// does not answer, an item cannot be read, or a session could not be stored. Faults
// have no detail in this dialect.
package perlcgi
