// Package lemonldap keeps the sessions of LemonLDAP::NG: the rules that its programs
// expect of a store of sessions, and the REST dialect in which they ask for them. The
// SOAP dialect, in package service/lemonldap/rpc, has the same rules.
//
// What the programs do was observed of LemonLDAP::NG 2.16.1, 2.21.3 and 2.23.4.
package lemonldap
