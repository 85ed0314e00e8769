// Package xmlscan reads XML one token at a time, strictly and in place.
//
// It is made for a server that takes messages from strangers. A [Scanner]
// walks over a document that is wholly in memory, knows namespaces, copies
// nothing and allocates nothing once it is warm. It accepts a subset of
// XML 1.0 (fifth edition) with Namespaces in XML 1.0, the one SOAP allows:
// no document type declaration, no processing instruction, no entity but the
// five predefined ones. Everything in the document is checked, also what the
// caller skips, and every resource a document can ask for has a [Limits] field.
// The cost of a document grows with its size alone, whatever it contains.
//
// One thing is more lenient than the standard: a pair of character references
// to UTF-16 surrogates, as Axis 1.4 writes characters beyond U+FFFF, is read as
// the character it means.
//
// The document must be in UTF-8; the encoding it declares is checked for its
// form only, as the caller may have converted it.
//
// The scanner resolves references and line ends by writing over the document.
// What it hands out points into the document, stays as it is until the caller
// changes that memory, and must be copied to outlive it. A document can be
// scanned only once.
package xmlscan
