// Package xmlwrite appends text to an XML document under construction.
//
// XML 1.0 cannot carry everything: control characters, the non-characters
// U+FFFE and U+FFFF, surrogates and whatever is not UTF-8 have no place in it,
// not even as a reference. The functions here refuse such text instead of
// changing it, so that the caller can send it in another form (base64) or
// refuse it in turn. What they append is read back exactly, byte for byte, by
// any conforming parser.
//
// Markup needs no help: tags are literals in the caller's code.
package xmlwrite
