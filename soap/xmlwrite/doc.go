// Package xmlwrite appends text to an XML document under construction.
//
// XML 1.0 cannot represent every text: it allows no control characters, no
// U+FFFE or U+FFFF, no surrogates and no invalid UTF-8, not even as a reference.
// The functions of this package reject such text and do not change it, so that
// the caller can send it in another form (base64) or reject it too. A conforming
// parser reads the appended text back byte for byte.
//
// The package does not write tags: they are literals in the caller's code.
package xmlwrite
