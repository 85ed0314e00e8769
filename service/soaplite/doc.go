// Package soaplite reads and writes Perl values in the rpc/encoded style of Perl's
// SOAP::Lite 1.27. The dialects whose clients are Perl programs share it.
//
// A [Reader] reads a call: parameters by position, with the type that xsi:type
// names, structs, Maps, arrays, nil and multi-references (SOAP 1.1 section 5). It
// returns the values that SOAP::Lite's server passes to Perl, including what
// Storable would write of them: text from XML has the UTF-8 flag, base64 is bytes,
// booleans are integers. Types are only data: the reader creates no object of a
// class.
//
// An [Encoding] writes a response. Values have no declared types. Like SOAP::Lite,
// it guesses the type from the characters, see [TypeOf]. A value that occurs in
// several places, or inside itself, is written once; the other places refer to it.
package soaplite
