// Package sessionstore keeps login sessions that several programs share.
//
// A [Session] is a set of named attributes under an [ID]. The attributes are
// [Value]s: Perl data without Perl, because the items in memcached are read
// and written by Perl programs too. A [Store] does what the service offers
// (create, get, replace, touch, delete) in terms of sessions; it composes
//
//   - a [Backend], which keeps opaque items under a key with a time to live
//     (packages memory and memcached), and
//   - a [Codec], which turns a session's attributes into the bytes of an item
//     (package storable).
//
// Errors are values with a meaning, see errors.go. An absent session, an
// unreachable server and an unreadable item are three different errors.
//
// The package knows neither SOAP nor HTTP, and it imports neither its
// backends nor its codec: whoever wires a program does.
package sessionstore
