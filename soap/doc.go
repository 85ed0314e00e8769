// Package soap serves SOAP 1.1 and SOAP 1.2 over net/http. It knows no
// operation. A program registers its operations with [Handle]: a decoder for the
// request, an encoder for the response and a function between them. The compiler
// checks that the three fit. A [Dispatcher] is an [http.Handler].
//
// The namespace of the envelope decides the version of the answer. The expanded
// name of the only child of the Body decides the operation.
//
// The package is strict where a message could have two meanings, because two
// programs that read one message differently are a security hole. It answers
// with a fault, before any operation runs, if a message has a document type
// declaration, a processing instruction, an unbound prefix, a second payload,
// trailing data, or a header that must be understood. The package is lenient
// about what SOAP toolkits send: charsets, byte order marks, missing or unquoted
// SOAPActions, compressed and chunked bodies.
//
// Of WS-Security the package reads a UsernameToken and a Timestamp, for a program that
// sets [Options.Security]; it verifies neither. Otherwise it understands no header.
//
// All resources are limited, see [Limits]. Internal errors never reach a client:
// a [Fault] has a sentence for people, and its cause goes to the log. See
// [Observer] for metrics and logs.
package soap
