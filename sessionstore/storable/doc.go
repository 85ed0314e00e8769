// Package storable reads and writes the memory images of Perl's Storable,
// the form in which Perl programs keep their sessions in memcached.
//
// A [Codec] decodes what nfreeze (network order) and freeze (the native order
// of x86_64) of Storable 2.x and 3.x write, and encodes what nfreeze would
// write, so that every Perl since 5.8 reads it. [Codec.Decode] and
// [Codec.Append] are for sessions, which are hashes; [Codec.Thaw] and
// [Codec.AppendFreeze] take whatever a reference can refer to. [Codec.Check]
// only says whether an image is a session.
//
// What is read and not changed is written in the form in which it was read:
// flags of strings and keys, classes, weak references, shared and circular
// structures, all of it. What a program cannot use once it is stored is
// mended: immortal booleans become "1" and "", and an undef that nobody could
// assign to becomes one that one can. What cannot be kept without running
// Perl (tied variables, objects with STORABLE_freeze hooks, code) is refused
// on reading with an [UnsupportedError], because writing it back would lose
// it.
//
// An image comes from whoever can write to memcached. The decoder trusts no
// length in it, never allocates more than a fixed multiple of its size, and
// turns everything that it does not understand to the last byte into an
// error; see [Limits]. It makes no object of any class.
//
// The names of the tags are those of Storable.xs.
package storable
