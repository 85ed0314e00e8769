// Package connect makes connections to memcached servers: over TLS if the server's
// address says so, and with memcached's password if the server asks for one. Every
// connection to a server is made here, so that no command goes another way.
//
// The files of certificates and passwords are read again when they have changed. A
// new connection uses what they say; connections that are open stay.
//
// A password is sent only to a server that asks for one. Another server would store
// it as an item, which every program on the server can read.
//
// A server that cannot be used is a [*RefusedError], which says why. Such a server
// answers: it is not down.
package connect
