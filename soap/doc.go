// Package soap serves SOAP 1.1 and SOAP 1.2 over net/http. It knows no
// operation: a program registers its own with [Handle], each with a decoder
// for its request, an encoder for its response and a function between them,
// and the compiler checks that the three fit. A [Dispatcher] is an
// [http.Handler].
//
// The namespace of the envelope decides the version of an answer, the
// expanded name of the only child of the Body decides the operation.
//
// The package is strict wherever a message could mean two things, because
// two programs that read one message differently are a security hole:
// document type declarations, processing instructions, unbound prefixes, a
// second payload, trailing data and headers that must be understood are
// refused with a fault, and nothing has been done then. It is lenient in what
// SOAP toolkits really send: charsets, byte order marks, missing or unquoted
// SOAPActions, compressed and chunked bodies.
//
// Everything is bounded, see [Limits]. What went wrong inside never reaches a
// client: a [Fault] carries a sentence made for people, its cause goes to the
// log. See [Observer] for metrics and logs.
package soap
