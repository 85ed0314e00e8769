// Package seal encrypts what is kept on a server that others can read, with the
// keys of a file. It knows nothing of sessions and imports no other package of
// the project but metric.
//
// Content is sealed with AES-256-GCM of the standard library. The key of the file
// is never used for it directly: each sealing derives a key of its own from it and
// 128 random bits (HKDF-SHA256, RFC 5869), and uses it with a random nonce. One key
// of AES-GCM with random nonces may seal 2^32 times (NIST SP 800-38D, 8.3), which a
// busy service reaches within days. With derived keys the limit is far beyond what
// all services of the world store, so a key is changed when the operator wants it.
// XAES-256-GCM has the same design, but its package for Go has one release; Tink
// brings protobuf and key files that nobody can write by hand.
//
// A sealed content is
//
//	1 byte    format, 1
//	1 byte    length of what follows
//	          name of the key
//	4 bytes   check of the key
//	4 bytes   check of the context
//	16 bytes  salt, from which the key of this content is derived
//	12 bytes  nonce
//	          encrypted content
//	16 bytes  tag
//
// Everything before the nonce, and the context, is authenticated. The checks only
// tell the reasons apart why a content cannot be opened.
package seal
