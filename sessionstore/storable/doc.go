// Package storable reads and writes the memory images of Perl's Storable, the
// form in which Perl programs keep their sessions in memcached.
//
// A [Codec] decodes the images that nfreeze (network byte order) and freeze (the
// native byte order of x86_64) of Storable 2.x and 3.x write. It encodes what
// nfreeze would write, so that every Perl since 5.8 reads it. [Codec.Decode] and
// [Codec.Append] are for sessions, which are hashes; [Codec.Thaw] and
// [Codec.AppendFreeze] take any reference. [Codec.Check] only says whether an
// image is a session.
//
// Who only shows a session needs no values: [Codec.Walk] reads the image once and shows
// each entry to a [perldata.Visitor], such as a dialect that writes XML. It knows what
// nearly all sessions have: strings, numbers, lists and hashes. For the rest, and for
// every image that is wrong, it returns false at some point; then the caller discards
// what it has made of the part, and decodes the image. So Walk has no errors of its own,
// and Decode stays the only place that says what an image means.
//
// In the same way [Codec.DecodePart] decodes only the entries that somebody wants to
// change, and puts them into the image again ([perldata.Part]), if a Codec would write
// all the others as they are there.
//
// A value that is read and not changed is written in the form in which it was
// read: flags of strings and keys, classes, weak references, shared and circular
// structures. Two values are repaired because a program cannot assign to them
// after it has read them: an immortal boolean becomes "1" or "", and a read-only
// undef as the value of a key becomes a plain undef. What only a running Perl can
// keep (tied variables, objects with STORABLE_freeze hooks, code) is an
// [UnsupportedError] when it is read, because it would be lost when it is written.
//
// Storable stores a number with a fraction, or of more than 32 bits, as the string of
// its digits. So that such a number stays one, [perldata.FormNumber] is a short string
// with the tag of long ones, which Perl reads as the same string and never writes.
//
// An image comes from any program that can write to memcached. The decoder trusts
// no length in it, allocates at most a fixed multiple of its size, and returns an
// error for every byte that it does not understand; see [Limits]. It creates no
// object of any class.
//
// The names of the tags are those of Storable.xs.
package storable
