// Package sessionstore keeps login sessions that several programs share.
//
// A [Session] is a set of named attributes under an [ID]. The attributes are
// Perl data ([perldata.Hash]), because Perl programs read and write the same
// items in memcached. A [Store] does what can be done to a session: create, get,
// replace, update, touch, delete, find by principal. Each operation has a file
// of its name. A Store composes
//
//   - a [backend.Backend], which keeps opaque items under a key with a time to
//     live (packages memory and memcached, and near for a near cache in front of
//     another);
//   - a [Codec], which turns the attributes into the bytes of an item (package
//     storable);
//   - an index, which finds the sessions of a principal (package index);
//   - a guard, which keeps a deleted session deleted (package guard).
//
// Every change is a compare-and-swap (change.go), so that of two writers none is
// lost. A deleted session leaves a tombstone (tombstone.go), so that no late
// writer brings it back.
//
// Errors are values with a meaning: those of this package (errors.go) and of
// package backend. An absent session, an unreachable server and an unreadable
// item are three different errors.
//
// The package knows neither SOAP nor HTTP. It imports neither its backends nor
// its codec: the program that wires them does.
package sessionstore
