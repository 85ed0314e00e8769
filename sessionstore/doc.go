// Package sessionstore keeps login sessions that several programs share.
//
// A [Session] is a set of named attributes under an [ID]. The attributes are
// [perldata.Value]s: Perl data without Perl, because the items in memcached are read
// and written by Perl programs too. A [Store] does what the service offers
// (create, get, replace, update, touch, delete, and find by principal) in terms
// of sessions, each operation in a file of its name; it composes
//
//   - a [backend.Backend], which keeps opaque items under a key with a time to live
//     (packages memory and memcached, and near for copies before another), and
//   - a [Codec], which turns a session's attributes into the bytes of an item
//     (package storable).
//
// Every change is a compare-and-swap (change.go): of two writers none is lost. A
// deleted session leaves a tombstone (tombstone.go), so that no late writer
// brings it back. The sessions of a principal are in a log (index.go), into which
// an [Indexer] enters those that programs store past the Store.
//
// Errors are values with a meaning, see errors.go. An absent session, an
// unreachable server and an unreadable item are three different errors.
//
// The package knows neither SOAP nor HTTP, and it imports neither its
// backends nor its codec: whoever wires a program does.
package sessionstore
