// Package xmlscan reads XML one token at a time, strictly and in place.
//
// It is made for a server that reads messages from untrusted clients. A [Scanner]
// reads a document that is completely in memory. It resolves namespaces and
// copies nothing, and a reused scanner allocates nothing. It accepts the subset of
// XML 1.0 (fifth edition) with Namespaces in XML 1.0 that SOAP allows: no document
// type declaration, no processing instruction, and only the five predefined
// entities. The scanner checks the whole document, including the parts that the
// caller skips. Each resource that a document can consume has a field in [Limits].
// The cost of a document depends on its size only, not on its content.
//
// The scanner is more lenient than the standard in one point: it reads a pair of
// character references to UTF-16 surrogates as the character that they encode.
// Axis 1.4 writes characters beyond U+FFFF in this form.
//
// The document must be in UTF-8. The scanner checks only the form of the declared
// encoding, because the caller may have converted the document.
//
// The scanner resolves references and line ends by writing over the document, so
// a document can be scanned only once. The slices that it returns point into the
// document. They stay valid until the caller changes that memory; copy what must
// live longer.
package xmlscan
