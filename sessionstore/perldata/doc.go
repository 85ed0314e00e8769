// Package perldata has the values of a session as Perl knows them. A session is a
// [Hash]: named values in order. A [Value] is undef, a string of bytes, a text, a
// number, a list, a hash or a reference.
//
// The values have no format of their own: the dialects of the service translate
// them to and from XML, and package storable to and from the images of Perl's
// Storable. A value also has what only Perl uses (a class, a [Form], an identity),
// so that a value that no program changes is stored exactly as it was read.
package perldata
