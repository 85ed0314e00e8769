// Package rpc is the SOAP dialect of LemonLDAP::NG: what the module
// Lemonldap::NG::Common::Apache::Session::SOAP asks of a portal for the sessions of
// other portals and handlers. These programs need no change besides the address.
//
//	newSession([attributes])          the new session: its id, kind and time
//	getAttributes(id)                 error 0 and the attributes, or error 1
//	setAttributes(id, attributes)     1, or 0 if there is no session
//	deleteSession(id)                 1, or 0 if there was no session
//	getCipheredToken()                a token, encrypted with the programs' key
//	get_key_from_all_sessions(token[, names])
//	                                  ids, and the attributes or those with the names
//
// Parameters are by position, in rpc/encoded style. Values come back as they were sent:
// lists as arrays also if they have one item, bytes as base64, characters as text. All
// sessions are of the type global; the rules are those of package lemonldap. The
// operations of a portal that are not about sessions, such as getCookies, are unknown.
package rpc
