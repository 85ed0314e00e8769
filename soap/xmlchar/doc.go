// Package xmlchar says what each character is in XML 1.0 (fifth edition): legal
// or not, white space, part of a name, or in need of escaping.
//
// [Classes] answers for ASCII characters by one look into a table. The functions
// answer for all others. Section numbers in the comments are those of XML 1.0.
package xmlchar
