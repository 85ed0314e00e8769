// Package perljson reads and writes JSON as LemonLDAP::NG does: as bytes.
//
// Its programs write a Perl string without UTF-8 flag byte for byte into JSON, so that
// one body has Latin-1 and UTF-8 side by side, and they read answers as bytes. This
// package keeps the bytes: a string without escapes above 0x7f is a string of bytes,
// and comes back as the same bytes. A string with such an escape is a string of
// characters, and comes back with escapes.
//
// Numbers keep their digits, and booleans are the objects that Perl's JSON makes of
// them: references to a scalar of the class JSON::PP::Boolean.
package perljson
