// Package soaplite reads and writes values in the rpc/encoded style of Perl's
// SOAP::Lite 1.27, in the terms of package sessionstore. It is shared by the
// dialects whose clients are Perl programs.
//
// A [Reader] reads a call: parameters by position, typed by xsi:type, with
// structs, Maps, arrays, nil and multi-references (SOAP 1.1 section 5). What
// it makes of them is what SOAP::Lite's server hands to Perl, down to what
// Storable would then write: text from XML has the UTF-8 flag, base64 is
// bytes, booleans are integers. Types are data only: no class is ever made.
//
// An [Encoding] writes a response. Values have no declared types: as
// SOAP::Lite does, it guesses one from the characters, see [TypeOf]. What
// occurs in several places, or within itself, is written once and referred to.
package soaplite
